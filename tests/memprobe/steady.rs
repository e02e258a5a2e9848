//! Runs that differ less.

use super::*;

fn personality(options: &[&str]) -> (u32, Probed) {
    let probed = probed::probe(options, &["cat", "/proc/self/personality"]);
    (u32::from_str_radix(probed.stdout.trim(), 16).unwrap(), probed)
}

#[test]
fn addresses_are_held_if_that_is_asked_for() {
    const ADDR_NO_RANDOMIZE: u32 = 0x0004_0000;
    let (as_it_was, _) = personality(&[]);
    let (found, probed) = personality(&["--steady"]);
    if probed.notes().contains("address randomisation could not be switched off") {
        assert_eq!(found, as_it_was);
        skip::say("personality(2) is refused here");
        return;
    }
    assert_eq!(found, as_it_was | ADDR_NO_RANDOMIZE, "{}", probed.notes());
    let stack = || {
        let probed = probed::probe(&["--steady"], &["grep", "stack", "/proc/self/maps"]);
        probed.stdout.split('-').next().unwrap().to_owned()
    };
    assert_eq!(stack(), stack());
}
