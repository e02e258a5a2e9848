//! A chart in characters: what was held as an area, and above it, in a lighter shade, what was
//! reached in between. Where it is known what of it was in use, that is the solid part of the area.
//! Pure.

use super::curve::Span;
use super::labels::{self, Label};
use crate::measurement::{Axis, Tick};
use crate::probe::terminal::Look;

/// Lines of the area itself.
const HEIGHT: usize = 8;
/// The same where it has two parts: the upper one can't be drawn as finely.
const HEIGHT_OF_TWO: usize = 10;
/// Characters before the chart, as before the summary's figures.
const INDENT: usize = 2;
/// Below this an area tells nothing.
const NARROWEST: usize = 20;
/// Characters for each tick of time.
const TIME_TICK: usize = 14;

/// What to draw.
#[derive(Debug)]
pub(in crate::probe) struct Plot<'a> {
    /// What the curve shows: `RSS`.
    pub(in crate::probe) title: &'a str,
    pub(in crate::probe) spans: &'a [Span],
    /// The part of it that was in use, with its name; without it the area has one part.
    pub(in crate::probe) part: Option<(&'a str, &'a [Span])>,
    /// Seconds and names, in the order of time.
    pub(in crate::probe) marks: &'a [(f64, String)],
    /// Marks that are not among `marks`.
    pub(in crate::probe) more_marks: u64,
    /// When the workload ended, in seconds; time is drawn that far at least.
    pub(in crate::probe) end: f64,
    /// Bytes that memory is drawn up to at least.
    pub(in crate::probe) top: f64,
}

/// The characters to draw with.
struct Glyphs {
    /// A cell filled by so many parts, from none to all.
    solid: &'static [char],
    /// Held, and not known to be in use.
    held: char,
    shade: char,
    tick: char,
    wall: char,
    corner: char,
    floor: char,
    floor_tick: char,
    mark: char,
}

const BLOCKS: Glyphs = Glyphs {
    solid: &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    held: '▒',
    shade: '░',
    tick: '┤',
    wall: '│',
    corner: '└',
    floor: '─',
    floor_tick: '┬',
    mark: '▲',
};

const ASCII: Glyphs = Glyphs {
    solid: &[' ', '.', '#'],
    held: '=',
    shade: ':',
    tick: '+',
    wall: '|',
    corner: '+',
    floor: '-',
    floor_tick: '+',
    mark: '^',
};

/// The chart as whole lines, none wider than `look` allows; `None` if it would show nothing or has
/// no room.
pub(in crate::probe) fn draw(plot: &Plot<'_>, look: Look) -> Option<String> {
    if plot.spans.len() < 2 {
        return None;
    }
    let end = plot.spans.last()?.to.max(plot.end);
    let part = plot.part.map_or(&[][..], |(_, spans)| spans);
    let highest = plot.spans.iter().chain(part).map(|span| span.high).fold(plot.top, f64::max);
    let memory = Axis::bytes(highest, 3);
    let margin = memory.ticks.iter().map(|tick| tick.label.len()).max()?.max(memory.unit.len());
    let before = INDENT + margin + 2;
    let width = look.width.checked_sub(before + 1).filter(|width| *width >= NARROWEST)?;
    let time = Axis::seconds(end, width / TIME_TICK);
    let glyphs = if look.unicode { &BLOCKS } else { &ASCII };

    let left = INDENT + margin;
    let rows = if plot.part.is_some() { HEIGHT_OF_TWO } else { HEIGHT };
    let height = |value| memory.place(value) * rows as f64;
    let in_use = columns(part, &time, width);
    let columns: Vec<Option<Area>> = columns(plot.spans, &time, width)
        .into_iter()
        .zip(in_use)
        .map(|(held, part)| {
            let area = held.map(|(low, high)| Area::new(height(low), height(high)));
            let known =
                |area: Area| Area { solid: part.map_or(0.0, |(low, _)| height(low)), ..area };
            if plot.part.is_some() { area.map(known) } else { area }
        })
        .collect();
    let title = title(plot, &columns, glyphs);
    let mut lines = vec![format!("{:>left$}   {title}", memory.unit)];
    for row in (0..rows).rev() {
        let label = memory.ticks.iter().find(|tick| row_of(tick, rows) == Some(row));
        let edge = if label.is_some() { glyphs.tick } else { glyphs.wall };
        let label = label.map_or("", |tick| tick.label.as_str());
        let mut line = format!("{label:>left$} {edge}");
        line.extend(columns.iter().map(|column| cell(column.as_ref(), row, glyphs)));
        lines.push(line);
    }
    lines.push(floor(&time, width, before, glyphs));
    lines.push(time_labels(&time, width, before));
    let places: Vec<Label<'_>> = plot
        .marks
        .iter()
        .map(|(t, name)| Label { column: place(&time, *t, width), name })
        .collect();
    let marks = labels::lines(&places, plot.more_marks, width, glyphs.mark, look.unicode);
    lines.extend(marks.into_iter().map(|line| format!("{:before$}{line}", "")));
    Some(lines.iter().map(|line| format!("{}\n", line.trim_end())).collect())
}

/// What the curve shows, and what each shade of it is.
fn title(plot: &Plot<'_>, columns: &[Option<Area>], glyphs: &Glyphs) -> String {
    let mut title = match plot.part {
        Some((part, _)) => {
            let solid = glyphs.solid[glyphs.solid.len() - 1];
            format!("{} {}, of it {solid} {part}", glyphs.held, plot.title)
        }
        None => plot.title.to_owned(),
    };
    if columns.iter().flatten().any(|area| area.shade > area.held) {
        title.push_str(&format!(", {} in between", glyphs.shade));
    }
    title
}

/// In which row a tick of memory stands; zero stands on the floor.
fn row_of(tick: &Tick, rows: usize) -> Option<usize> {
    (tick.at > 0.0).then(|| ((tick.at * rows as f64) as usize).min(rows - 1))
}

fn place(time: &Axis, t: f64, width: usize) -> usize {
    ((time.place(t) * width as f64) as usize).min(width - 1)
}

/// The lowest and the highest in each column's time; `None` where nothing was read.
fn columns(spans: &[Span], time: &Axis, width: usize) -> Vec<Option<(f64, f64)>> {
    let mut columns = vec![None; width];
    for span in spans {
        // In a file of unknown origin time may fall.
        let (from, to) = (span.from.min(span.to), span.from.max(span.to));
        for column in &mut columns[place(time, from, width)..=place(time, to, width)] {
            let (low, high) = column.get_or_insert((span.low, span.high));
            *low = span.low.min(*low);
            *high = span.high.max(*high);
        }
    }
    columns
}

/// A column's area, in lines from the floor.
struct Area {
    /// In use, or held if it isn't known what is in use.
    solid: f64,
    held: f64,
    shade: f64,
}

impl Area {
    /// Within the height of a line both are the same to the eye.
    fn new(low: f64, high: f64) -> Self {
        let held = if high - low < 1.0 { high } else { low };
        Self { solid: held, held, shade: high }
    }
}

fn cell(area: Option<&Area>, row: usize, glyphs: &Glyphs) -> char {
    let Some(area) = area else { return ' ' };
    let bottom = row as f64;
    let fills_half = |height: f64| height - bottom >= 0.5;
    let parts = glyphs.solid.len() - 1;
    // Rounded.
    let filled = ((area.solid - bottom).clamp(0.0, 1.0) * parts as f64 + 0.5) as usize;
    // What is above a part of a cell decides about all of it: there are no mixed characters.
    match filled {
        filled if filled < parts && area.held > area.solid && fills_half(area.held) => {
            if fills_half(area.solid) { glyphs.solid[parts] } else { glyphs.held }
        }
        0 if area.shade > area.held && fills_half(area.shade) => glyphs.shade,
        filled => glyphs.solid[filled],
    }
}

/// The line under the area, with a tick at each time.
fn floor(time: &Axis, width: usize, before: usize, glyphs: &Glyphs) -> String {
    let mut line = vec![glyphs.floor; width];
    for tick in &time.ticks {
        line[place(time, tick.at * time.end, width)] = glyphs.floor_tick;
    }
    let line: String = line.into_iter().collect();
    format!("{0:>1$} {2}{line}", 0, before - 2, glyphs.corner)
}

/// The numbers under the ticks; the first one has the unit.
fn time_labels(time: &Axis, width: usize, before: usize) -> String {
    let mut line = String::new();
    for (index, tick) in time.ticks.iter().enumerate() {
        let mut label = tick.label.clone();
        if index == 0 {
            label = format!("{label} {}", time.unit);
        }
        let middle = before + place(time, tick.at * time.end, width);
        let at = (middle - (tick.label.len() - 1) / 2).min(before + width - label.len());
        if index == 0 || at > line.len() {
            line = format!("{line:<at$}{label}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::curve::Curve;
    use super::*;

    const MIB: f64 = 1_048_576.0;

    fn shown(curve: &Curve, marks: &[(f64, String)], end: f64, look: Look) -> Option<String> {
        let spans = curve.spans();
        let plot = Plot { title: "RSS", spans, part: None, marks, more_marks: 0, end, top: 0.0 };
        draw(&plot, look)
    }

    /// A second at 10 MiB, a steady rise to 90, and a spike of one sample to 120 on the way.
    fn ramp() -> Curve {
        let mut curve = Curve::default();
        for index in 0..=400_u32 {
            let rise = f64::from(index.saturating_sub(100)) / 300.0;
            let now = (10.0 + 80.0 * rise) * MIB;
            let peak = if index == 200 { 120.0 * MIB } else { now };
            curve.add(f64::from(index) / 100.0, now, peak);
        }
        curve
    }

    #[test]
    fn a_rise_and_a_spike_look_like_it() {
        let marks = [(1.0, "begin".to_owned()), (2.5, "half".to_owned())];
        let text = shown(&ramp(), &marks, 4.0, Look { width: 60, unicode: true }).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn ascii_will_do() {
        let marks = [(1.0, "début".to_owned())];
        let text = shown(&ramp(), &marks, 4.0, Look { width: 60, unicode: false }).unwrap();
        assert!(text.is_ascii(), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_is_in_use_is_the_solid_part() {
        let mut live = Curve::default();
        for index in 0..=400_u32 {
            let freed = if index > 300 { 60.0 } else { 0.0 };
            let now = 6.0 + 80.0 * f64::from(index.saturating_sub(100)) / 300.0 - freed;
            live.add(f64::from(index) / 100.0, now.max(6.0) * MIB, now.max(6.0) * MIB);
        }
        let (ramp, marks) = (ramp(), [(3.0, "freed".to_owned())]);
        for unicode in [true, false] {
            let part = Some(("live heap", live.spans()));
            let spans = ramp.spans();
            let (marks, more_marks, end, top) = (&marks, 0, 4.0, 0.0);
            let plot = Plot { title: "RSS", spans, part, marks, more_marks, end, top };
            let text = draw(&plot, Look { width: 60, unicode }).unwrap();
            insta::assert_snapshot!(text);
        }
    }

    #[test]
    fn one_reading_makes_no_chart() {
        let mut curve = Curve::default();
        curve.add(0.0, MIB, MIB);
        assert!(shown(&curve, &[], 0.1, Look { width: 80, unicode: true }).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_line_fits(
            readings in prop::collection::vec((0.0..1e3_f64, 0.0..1e13, 0.0..1e13), 2..200),
            marks in prop::collection::vec((-1.0..2e3, ".{0,40}"), 0..30),
            width in 40_usize..160,
            unicode: bool,
        ) {
            let mut readings = readings;
            readings.sort_by(|one, next| one.0.total_cmp(&next.0));
            let mut curve = Curve::default();
            for (t, now, peak) in readings {
                curve.add(t, now, peak);
            }
            let text = shown(&curve, &marks, 1e3, Look { width, unicode }).unwrap();
            for line in text.lines() {
                prop_assert!(textwrap::core::display_width(line) <= width, "{text}");
                prop_assert!(!line.chars().any(char::is_control), "{text:?}");
                prop_assert!(unicode || line.is_ascii(), "{text}");
            }
        }
    }
}
