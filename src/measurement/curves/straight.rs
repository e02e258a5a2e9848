//! Curves without the points that a line through their neighbours passes anyway.

use super::Points;

/// `points`, in order of time, without those between two neighbours of the same value: a line through
/// the rest is the same line. What never changes is left with its two ends.
#[must_use]
pub fn straight(mut points: Points) -> Points {
    let mut kept = 0;
    for place in 0..points.len() {
        let value = points[place].1;
        let like_before = kept > 0 && points[kept - 1].1 == value;
        let like_after = points.get(place + 1).is_some_and(|next| next.1 == value);
        if !(like_before && like_after) {
            points[kept] = points[place];
            kept += 1;
        }
    }
    points.truncate(kept);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ends_of_what_stays_the_same_are_left() {
        let curve = |values: &[(f64, f64)]| values.to_vec();
        assert_eq!(straight(curve(&[])), []);
        assert_eq!(straight(curve(&[(0.0, 5.0)])), [(0.0, 5.0)]);
        let constant = curve(&[(0.0, 5.0), (1.0, 5.0), (2.0, 5.0), (3.0, 5.0)]);
        assert_eq!(straight(constant), [(0.0, 5.0), (3.0, 5.0)]);
        let step = curve(&[(0.0, 5.0), (1.0, 5.0), (2.0, 5.0), (3.0, 7.0), (4.0, 7.0), (5.0, 5.0)]);
        assert_eq!(straight(step), [(0.0, 5.0), (2.0, 5.0), (3.0, 7.0), (4.0, 7.0), (5.0, 5.0)]);
    }
}
