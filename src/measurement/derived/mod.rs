//! What follows from a curve: figures that are computed once, when an attempt is complete, and kept
//! with it. `docs/statistics.md` says how each is made.

mod area;
mod growth;
mod steady;
#[cfg(test)]
mod tests;
mod work;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Metric, Metrics, Precision, SampleFile, Scope, Unit, unit};

pub use growth::{Growth, Shape};
use work::Work;

/// What follows from an attempt's curves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// `rise_rss`, `steady_rss`, `growth_rss`, `auc_rss`, `time_to_peak`, and the same of the heap
    /// where it was counted.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metrics: Metrics,
    /// How memory grows with the work done, by the name of what was sampled: `rss`, `heap`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub growth: IndexMap<String, Growth>,
}

/// Why nothing follows from a curve without an end.
const CUT: &str = "the sample file ends before the attempt did";

impl Derived {
    /// Whether nothing followed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty() && self.growth.is_empty()
    }

    /// What follows from the curves of `file`. Empty if it holds no reading of memory; and from one
    /// that ends before the attempt did nothing follows.
    #[must_use]
    pub fn of(file: &SampleFile) -> Self {
        let mut derived = Self::default();
        for (name, peak) in [("rss", "rss_peak"), ("heap", "heap")] {
            let Some(curve) = Curve::of(file, name, peak) else { continue };
            derived.take(name, &curve, file);
            if name == "rss" {
                let time = curve.time_to_peak().ok_or_else(|| "memory was never read".to_owned());
                derived.put("time_to_peak", time, curve.scope);
            }
        }
        if file.footer.is_none() {
            derived.give_up();
        }
        derived
    }

    /// Takes every figure back.
    fn give_up(&mut self) {
        self.growth.clear();
        for metric in self.metrics.values_mut() {
            *metric = Metric::unavailable(metric.unit.clone(), metric.scope, metric.precision, CUT);
        }
    }

    fn take(&mut self, name: &str, curve: &Curve, file: &SampleFile) {
        let work = Work::of(file, curve);
        let mut put = |figure: &str, value| {
            self.put(&format!("{figure}_{name}"), value, curve.scope);
        };
        put("rise", work.rise());
        put("steady", steady::level(&work.held));
        let growth = growth::along(&work);
        let slope = growth.as_ref().map(|growth| growth.bytes_per_row).map_err(Clone::clone);
        put("growth", slope);
        put("auc", area::under(&curve.held));
        if let Ok(growth) = growth {
            self.growth.insert(name.to_owned(), growth);
        }
    }

    fn put(&mut self, name: &str, value: Result<f64, String>, scope: Scope) {
        let (unit, precision) = (unit(name).unwrap_or(Unit::Bytes), Precision::Sampled);
        let metric = match value {
            Ok(value) => Metric::new(value, unit, scope, precision),
            Err(why) => Metric::unavailable(unit, scope, precision, why),
        };
        self.metrics.insert(name.to_owned(), metric);
    }
}

/// What was held over time.
struct Curve {
    scope: Scope,
    /// Seconds, and what was held then.
    held: Vec<(f64, f64)>,
    /// Seconds, and the most that was held since the sample before.
    most: Vec<(f64, f64)>,
}

impl Curve {
    /// `None` if the file has no such field, or never a value of it. `peak` names the field with
    /// the highest since the sample before.
    fn of(file: &SampleFile, name: &str, peak: &str) -> Option<Self> {
        let field = file.header.fields.iter().find(|field| field.name == name)?;
        let held: Vec<_> = file.points(name).collect();
        let peaks: Vec<_> = file.points(peak).collect();
        let most = if peaks.len() == held.len() { peaks } else { held.clone() };
        (!held.is_empty()).then_some(Self { scope: field.scope, held, most })
    }

    fn time_to_peak(&self) -> Option<f64> {
        let higher =
            |best: (f64, f64), point: (f64, f64)| if point.1 > best.1 { point } else { best };
        self.most.iter().copied().reduce(higher).map(|(time, _)| time)
    }
}
