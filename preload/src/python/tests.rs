use super::*;

#[test]
fn versions_tell_the_size_of_pools() {
    assert_eq!(pool_bits(c"3.7.17 (default)"), Err(layout::PYTHON_UNKNOWN));
    assert_eq!(pool_bits(c"3.8.0 (default)"), Ok(12));
    assert_eq!(pool_bits(c"3.9.2 (default)"), Ok(12));
    assert_eq!(pool_bits(c"3.10.0 (default)"), Ok(14));
    assert_eq!(pool_bits(c"3.11.7 (main, Jan  1 2026)"), Ok(14));
    assert_eq!(pool_bits(c"3.14.0 (main)"), Ok(14));
    assert_eq!(pool_bits(c"3.15.0a2 (main)"), Err(layout::PYTHON_UNKNOWN));
    assert_eq!(pool_bits(c"2.7.18"), Err(layout::PYTHON_UNKNOWN));
    let version = c"3.13.1 experimental free-threading build (main)";
    assert_eq!(pool_bits(version), Err(layout::PYTHON_FREE_THREADED));
}

#[test]
fn only_whole_pools_of_an_arena_hold_small_blocks() {
    let bytes = 1 << 14;
    // The highest region of aarch64's, where its mappings begin.
    let highest = 0xffff << REGION_BITS;
    let arena = highest + 4096;
    let is_marked = |address: usize| {
        let (region, word, bit) = pool(address).unwrap();
        let words = region.load(Relaxed);
        // SAFETY: as in `small`.
        !words.is_null() && unsafe { (*words.add(word)).load(Relaxed) } & bit != 0
    };
    assert!(mark(arena, 16 * bytes, true));
    assert!(!is_marked(arena), "the pool that it begins in is not its own");
    assert!(is_marked(highest + bytes));
    assert!(is_marked(highest + 16 * bytes - 1));
    let next = highest + 16 * bytes;
    assert!((0..100).all(|number| !is_marked(next + number * bytes)));
    assert!(mark(next, 16 * bytes, true));
    assert!(mark(arena, 16 * bytes, false));
    assert!(!is_marked(highest + bytes));
    assert!(is_marked(next), "another's stay");
    assert!(pool(1 << 48).is_none());
}

#[test]
fn a_pools_header_says_how_large_its_blocks_are() {
    #[repr(align(0x4000))]
    struct Pool([u32; 1 << 12]);
    let mut pools = Box::new([const { Pool([7; 1 << 12]) }; 2]);
    let [pool, other] = pools.each_mut().map(|pool| (&raw mut pool.0).cast::<u8>());
    let block = pool.wrapping_add(5000).cast();
    assert_eq!(small(block), None);
    assert!(mark(pool as usize, size_of::<Pool>(), true));
    // The tenth word is the place of the size among the sizes.
    pools[0].0[9] = 4;
    assert_eq!((small(block), bytes_of(block), held(block)), (Some(80), 80, 80));
    assert_eq!(small(other.cast()), None);
}
