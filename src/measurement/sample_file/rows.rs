//! Samples and marks as one table, in the order of time. Pure.
//!
//! A mark is a row of its own, with its time and its name and nothing else: several marks can
//! share a sample, and the last may have none.

use super::{Mark, SampleFile};

/// The column of the marks' names.
pub(crate) const MARK: &str = "mark";

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Row<'a> {
    /// The sample at this place of each column.
    Sample(usize),
    Mark(&'a Mark),
}

/// A mark comes before the sample that was taken for it.
pub(crate) fn rows(file: &SampleFile) -> Vec<Row<'_>> {
    let times = file.column("t").unwrap_or_default();
    let mut rows = Vec::with_capacity(file.len() + file.marks.len());
    let mut marks = file.marks.iter().peekable();
    for sample in 0..file.len() {
        let t = times.get(sample).copied().unwrap_or(f64::NAN);
        while let Some(mark) = marks.next_if(|mark| mark.t <= t) {
            rows.push(Row::Mark(mark));
        }
        rows.push(Row::Sample(sample));
    }
    rows.extend(marks.map(Row::Mark));
    rows
}

impl Row<'_> {
    /// What the row has in the column of `field`, whose values are `column`.
    pub(crate) fn value(self, field: &str, column: &[f64]) -> Option<f64> {
        let value = match self {
            Self::Sample(place) => column.get(place).copied(),
            Self::Mark(mark) => (field == "t").then_some(mark.t),
        };
        value.filter(|value| value.is_finite())
    }

    /// The mark's name, if it is one.
    pub(crate) fn mark(&self) -> Option<&str> {
        match self {
            Self::Sample(_) => None,
            Self::Mark(mark) => Some(&mark.name),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn file() -> SampleFile {
        let text = r#"{"schema":1,"program":"memprobe","started":"","pid":1,"command":["x"],"period":0.01,"fields":[{"name":"t","unit":"s","scope":"tree"},{"name":"rss","unit":"B","scope":"tree"},{"name":"progress","unit":"1","scope":"workload"}]}
[0,1032192,null]
[0.0101,null,0.5]
{"mark":"a, \"b\"","t":0.01}
{"mark":"c","t":0.0101}
[0.02,4503599627370497,2]
{"mark":"end","t":0.03}
[0.03,1"#;
        SampleFile::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn marks_come_before_their_samples_and_none_is_lost() {
        let file = file();
        let rows = rows(&file);
        let wanted = [
            Row::Sample(0),
            Row::Mark(&file.marks[0]),
            Row::Mark(&file.marks[1]),
            Row::Sample(1),
            Row::Sample(2),
            Row::Mark(&file.marks[2]),
        ];
        assert_eq!(rows, wanted);
        assert_eq!(rows[1].value("t", &[]), Some(0.01));
        assert_eq!(rows[1].value("rss", &[7.0]), None);
    }
}
