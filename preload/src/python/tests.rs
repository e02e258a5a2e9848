use super::*;

#[test]
fn versions_tell_the_size_of_pools() {
    assert_eq!(pool_bits(c"3.9.2 (default)"), Ok(12));
    assert_eq!(pool_bits(c"3.11.7 (main, Jan  1 2026)"), Ok(14));
    assert_eq!(pool_bits(c"3.14.0 (main)"), Ok(14));
    assert_eq!(pool_bits(c"3.99.0"), Err(layout::PYTHON_UNKNOWN));
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
    assert!(!is_marked(highest + 16 * bytes));
    assert!(mark(arena, 16 * bytes, false));
    assert!(!is_marked(highest + bytes));
    assert!(pool(1 << 48).is_none());
}
