//! Curves as bytes. Moments and amounts are mostly whole numbers that change little from one point
//! to the next, so what is written is the difference, as a number of variable length: three bytes a
//! point where two numbers in memory take sixteen. Amounts that are all multiples of something,
//! such as pages, count in that; what never changes is written once. What is read back is what was
//! written, to the last bit.

use serde::{Deserialize, Serialize};

use super::{Curves, Differences, PAGE, Points, TICKS};

/// Another number with every change of what is written, or of what curves are made of.
pub const FORMAT: u32 = 2;

/// Borrows names and packed curves, so that one curve can be read without the others.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    marks: Vec<(f64, &'a str)>,
    #[serde(borrow)]
    curves: Vec<(&'a str, &'a [u8])>,
}

#[derive(Serialize, Deserialize)]
struct Curve {
    /// How many points it has.
    count: usize,
    /// Whether its moments are counted in ticks; otherwise they are seconds.
    in_ticks: bool,
    times: Numbers,
    values: Numbers,
}

#[derive(Serialize, Deserialize)]
enum Numbers {
    /// All the same.
    Constant(f64),
    Whole(Differences),
    Any(Vec<f64>),
}

pub(super) fn write(curves: &Curves) -> Vec<u8> {
    let packed: Vec<_> =
        curves.curves.iter().map(|(_, points)| bytes(&Curve::of(points))).collect();
    let names = curves.curves.iter().map(|(name, _)| name.as_str());
    bytes(&Packed {
        marks: curves.marks.iter().map(|(time, name)| (*time, name.as_str())).collect(),
        curves: names.zip(packed.iter().map(Vec::as_slice)).collect(),
    })
}

pub(super) fn read(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Curves> {
    let packed: Packed<'_> = postcard::from_bytes(bytes).ok()?;
    let curve = |(name, bytes): &(&str, &[u8])| {
        let unpacked = || postcard::from_bytes::<Curve>(bytes).ok()?.points();
        let points = if wanted(name) { unpacked()? } else { Vec::new() };
        Some(((*name).to_owned(), points))
    };
    Some(Curves {
        curves: packed.curves.iter().map(curve).collect::<Option<_>>()?,
        marks: packed.marks.into_iter().map(|(time, name)| (time, name.to_owned())).collect(),
    })
}

/// Numbers and their lists can always be written.
fn bytes(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).unwrap_or_default()
}

impl Curve {
    fn of(points: &Points) -> Self {
        // Moments were rounded to ticks; any other stays as it is.
        let ticks: Vec<f64> = points.iter().map(|(time, _)| (time * TICKS).round()).collect();
        let in_ticks = ticks.iter().zip(points).all(|(tick, (time, _))| tick / TICKS == *time);
        let times = if in_ticks { ticks } else { points.iter().map(|point| point.0).collect() };
        let values: Vec<f64> = points.iter().map(|point| point.1).collect();
        let (times, values) = (Numbers::of(times), Numbers::of(values));
        Self { count: points.len(), in_ticks, times, values }
    }

    fn points(self) -> Option<Points> {
        // No curve has more; a damaged file may say so.
        let count = Some(self.count).filter(|count| *count <= PAGE)?;
        let (times, values) = (self.times.numbers(count)?, self.values.numbers(count)?);
        let scale = if self.in_ticks { TICKS } else { 1.0 };
        Some(times.into_iter().map(|time| time / scale).zip(values).collect())
    }
}

impl Numbers {
    fn of(numbers: Vec<f64>) -> Self {
        if let Some(first) = numbers.first()
            && numbers.iter().all(|number| number.to_bits() == first.to_bits())
        {
            return Self::Constant(*first);
        }
        Differences::of(&numbers).map_or(Self::Any(numbers), Self::Whole)
    }

    fn numbers(self, count: usize) -> Option<Vec<f64>> {
        let numbers = match self {
            Self::Constant(number) => vec![number; count],
            Self::Any(numbers) => numbers,
            Self::Whole(differences) => differences.numbers(),
        };
        (numbers.len() == count).then_some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Option<Curves> {
        super::read(bytes, |_| true)
    }

    fn curves(points: Points) -> Curves {
        let marks = vec![(0.123_456, "start".to_owned())];
        Curves { marks, curves: vec![("rss".to_owned(), points), ("swap".to_owned(), Vec::new())] }
    }

    #[test]
    fn pages_over_time_take_few_bytes() {
        let points =
            |number: u32| (f64::from(number) / 100.0, f64::from(9000 + number % 50) * 4096.0);
        let climb = curves((0..1000).map(points).collect());
        let bytes = write(&climb);
        assert!(bytes.len() < 3300, "{}", bytes.len());
        assert_eq!(read(&bytes), Some(climb));
        let nothing = curves((0..1000).map(|number| (f64::from(number) / 100.0, 0.0)).collect());
        assert!(write(&nothing).len() < 2100);
    }

    #[test]
    fn what_is_damaged_is_no_curve() {
        let bytes = write(&curves(vec![(0.0, 1.0), (0.5, 2.0), (1.0, 1.0)]));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None, "{length}");
        }
        assert_eq!(read(&write(&curves(vec![(0.0, 1.0); PAGE + 1]))), None);
    }

    #[test]
    fn curves_are_read_by_their_names() {
        let bytes = write(&curves(vec![(0.0, 1.0)]));
        let other = super::read(&bytes, |name| name == "swap").unwrap();
        assert_eq!(other.curves[0], ("rss".to_owned(), Vec::new()));
    }

    fn amount() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<i32>().prop_map(|pages| f64::from(pages) * 4096.0),
            any::<f64>().prop_filter("a number", |number| number.is_finite()),
            Just(-0.0),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_written_is_read_back(
            points in prop::collection::vec((amount(), amount()), 0..60),
            ticks in prop::collection::vec((0_u32..10_000_000, any::<i32>()), 0..60),
        ) {
            let ticks = ticks.into_iter();
            let ticks = ticks.map(|(time, value)| (f64::from(time) / TICKS, f64::from(value)));
            for points in [points, ticks.collect()] {
                let bits = |curves: &Curves| format!("{curves:?}");
                let curves = curves(points);
                prop_assert_eq!(read(&write(&curves)).as_ref().map(bits), Some(bits(&curves)));
            }
        }
    }
}
