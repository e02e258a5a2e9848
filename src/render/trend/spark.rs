//! A line of blocks, one for each run.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The least that the height of all blocks stands for, as a share of the largest value: noise of
/// a percent must not look like a mountain.
const SPAN: f64 = 0.05;

/// One character for each of `values`; a dot for a run without one.
pub(super) fn line(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    let span = (high - low).max(high * SPAN);
    let block = |value: &Option<f64>| match value {
        None => '·',
        Some(_) if span <= 0.0 => BLOCKS[0],
        Some(value) => {
            let step = (value - low) / span * (BLOCKS.len() - 1) as f64;
            BLOCKS[(step.round() as usize).min(BLOCKS.len() - 1)]
        }
    };
    values.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_and_the_highest_run_are_seen() {
        let values = [Some(50.0), Some(85.0), None, Some(120.0)];
        assert_eq!(line(&values), "▁▅·█");
    }

    #[test]
    fn noise_stays_low() {
        assert_eq!(line(&[Some(100.0), Some(100.3), Some(99.9)]), "▁▂▁");
        assert_eq!(line(&[Some(100.0), Some(100.0)]), "▁▁");
        assert_eq!(line(&[Some(0.0), None]), "▁·");
        assert_eq!(line(&[]), "");
    }
}
