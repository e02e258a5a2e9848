//! The area under a curve: how much memory was held for how long.

/// Byte-seconds under `held` (seconds and bytes), by the trapezoidal rule.
pub(super) fn under(held: &[(f64, f64)]) -> Result<f64, String> {
    if held.len() < 2 {
        return Err("there is one sample only".to_owned());
    }
    let trapezoid = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * pair[0].1.midpoint(pair[1].1);
    Ok(held.windows(2).map(trapezoid).sum())
}
