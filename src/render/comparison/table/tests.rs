//! What a person sees.

use proptest::prelude::*;
use textwrap::core::display_width;

use super::*;
use crate::analyse::comparison::{Interval, sample};

fn at(width: u16) -> Options {
    Options { look: Look { color: false, width: Some(width) }, ..Options::default() }
}

#[test]
fn a_night_reads_well_without_colour() {
    insta::assert_snapshot!(render(&sample::night(), &at(80)));
}

#[test]
fn a_quiet_night_is_quiet() {
    let text = render(&sample::quiet_night(), &at(80));
    assert!(text.ends_with("\ngate: passed (12 cells: 12 unchanged)\n"), "{text}");
}

#[test]
fn it_fits_the_terminal() {
    for width in [40, 60, 80] {
        let text = render(&sample::night(), &at(width));
        for line in text.lines() {
            assert!(display_width(line) <= usize::from(width), "{width}: {line}\n{text}");
        }
    }
}

#[test]
fn colour_only_adds_colour() {
    let plain = render(&sample::night(), &Options::default());
    let look = Look { color: true, width: None };
    let coloured = render(&sample::night(), &Options { look, ..Options::default() });
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped.replace(' ', ""), plain.replace(' ', ""));
}

#[test]
fn an_interval_that_is_narrow_says_how_narrow() {
    let interval = |low, high| wording::interval(Interval { low, high, confidence: 0.95 });
    assert_eq!(interval(0.42, 0.44), "−58…−56%");
    assert_eq!(interval(1.1364, 1.1374), "±<0.5%");
    assert_eq!(interval(1.0341, 1.0342), "±<0.05%");
    assert_eq!(interval(0.9998, 1.0002), "±<0.05%");
    assert_eq!(interval(12.01, 12.02), "±<0.5%");
    assert_eq!(interval(9.5, 12.0), "+850%…×12.0");
}

#[test]
fn metrics_can_be_chosen() {
    let metrics = vec!["wall_time".to_owned()];
    let text = render(&sample::night(), &Options { metrics, ..at(80) });
    assert!(text.contains("wall time") && !text.contains("  peak RSS  "), "{text}");
}

#[test]
fn two_states_of_one_run_are_one_run() {
    let mut night = sample::quiet_night();
    night.before.run = night.after.run.clone();
    let text = render(&night, &at(80));
    assert_eq!(text.matches("20261121-021500-c3d4").count(), 1, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_in_it_is_obeyed_by_the_terminal(comparison in sample::any()) {
        let text = render(&comparison, &at(80));
        prop_assert!(text.ends_with('\n'));
        let hidden = |character: char| character.is_control() && character != '\n' && character != '\t';
        prop_assert!(!text.contains(hidden), "{:?}", text);
    }
}
