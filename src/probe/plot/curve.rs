//! A curve that is kept while the workload runs, in memory that doesn't grow: when it is full,
//! neighbours become one.

/// Spans that are kept at most. A terminal has fewer columns.
const MOST: usize = 2048;

/// What was held from one moment to another. Times in seconds since the workload began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::probe) struct Span {
    pub(in crate::probe) from: f64,
    pub(in crate::probe) to: f64,
    pub(in crate::probe) low: f64,
    pub(in crate::probe) high: f64,
}

impl Span {
    fn join(&mut self, next: &Self) {
        self.to = next.to;
        self.low = self.low.min(next.low);
        self.high = self.high.max(next.high);
    }
}

/// Spans in the order of time. A span lies between two readings, or joins some that do.
#[derive(Debug, Default)]
pub(in crate::probe) struct Curve {
    spans: Vec<Span>,
    last: Option<(f64, f64)>,
    /// How many readings the last span has, and how many a whole one has.
    filled: usize,
    whole: usize,
}

impl Curve {
    /// Adds a reading at `t`: what is held now, and the most that was held since the last one.
    pub(in crate::probe) fn add(&mut self, t: f64, now: f64, peak: f64) {
        let (from, before) = self.last.replace((t, now)).unwrap_or((t, now));
        self.push(Span { from, to: t, low: before.min(now), high: peak.max(now) });
    }

    /// Adds a reading at `t` of what is only known where it is read: it is drawn as if it had held
    /// until then what was read last.
    pub(in crate::probe) fn step(&mut self, t: f64, now: f64) {
        if let Some((from, before)) = self.last.replace((t, now)) {
            self.push(Span { from, to: t, low: before, high: before });
        }
    }

    fn push(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if self.filled < self.whole => last.join(&span),
            _ => {
                self.make_room();
                self.spans.push(span);
                self.filled = 0;
            }
        }
        self.filled += 1;
    }

    /// Notes that nothing could be read: the next reading has no neighbour before it.
    pub(in crate::probe) const fn skip(&mut self) {
        self.last = None;
    }

    /// Ends the curve at `t`. A `peak` above all that was read came after the last reading.
    pub(in crate::probe) fn end(&mut self, t: f64, peak: f64) {
        let highest = self.spans.iter().map(|span| span.high).fold(0.0, f64::max);
        if let Some((_, now)) = self.last
            && self.spans.len() > 1
            && peak > highest
        {
            self.add(t, now, peak);
        }
    }

    /// What was kept.
    pub(in crate::probe) fn spans(&self) -> &[Span] {
        &self.spans
    }

    fn make_room(&mut self) {
        if self.spans.is_empty() {
            self.spans.reserve_exact(MOST);
            self.whole = 1;
        }
        if self.spans.len() < MOST {
            return;
        }
        for pair in 0..MOST / 2 {
            let (mut one, other) = (self.spans[2 * pair], self.spans[2 * pair + 1]);
            one.join(&other);
            self.spans[pair] = one;
        }
        self.spans.truncate(MOST / 2);
        self.whole *= 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_lies_between_two_readings() {
        let mut curve = Curve::default();
        curve.add(0.0, 10.0, 10.0);
        curve.add(1.0, 30.0, 80.0);
        curve.skip();
        curve.add(3.0, 20.0, 20.0);
        let span = |from, to, low, high| Span { from, to, low, high };
        let wanted =
            [span(0.0, 0.0, 10.0, 10.0), span(0.0, 1.0, 10.0, 80.0), span(3.0, 3.0, 20.0, 20.0)];
        assert_eq!(curve.spans(), wanted);
    }

    #[test]
    fn what_is_read_seldom_is_drawn_in_steps() {
        let mut curve = Curve::default();
        for (t, now) in [(0.0, 10.0), (1.0, 30.0), (2.0, 30.0)] {
            curve.step(t, now);
        }
        let span = |from, to, value| Span { from, to, low: value, high: value };
        assert_eq!(curve.spans(), [span(0.0, 1.0, 10.0), span(1.0, 2.0, 30.0)]);
    }

    #[test]
    fn a_peak_that_nobody_read_came_last() {
        let mut curve = Curve::default();
        curve.add(0.0, 10.0, 30.0);
        curve.end(1.0, 50.0);
        assert_eq!(curve.spans().len(), 1, "one reading is no curve");
        curve.add(1.0, 10.0, 10.0);
        curve.end(2.0, 30.0);
        assert_eq!(curve.spans().len(), 2);
        curve.end(2.0, 50.0);
        assert_eq!(curve.spans()[2], Span { from: 1.0, to: 2.0, low: 10.0, high: 50.0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn memory_is_bounded_and_no_peak_is_lost(
            count in 1_usize..50_000,
            spike in any::<prop::sample::Index>(),
        ) {
            let mut curve = Curve::default();
            let spike = spike.index(count);
            for index in 0..count {
                let peak = if index == spike { 99.0 } else { 50.0 };
                curve.add(index as f64, 40.0, peak);
            }
            let spans = curve.spans();
            prop_assert!(spans.len() <= MOST && curve.spans.capacity() == MOST);
            prop_assert!(count < MOST || spans.len() >= MOST / 2);
            let highest = spans.iter().map(|span| span.high).fold(0.0, f64::max);
            prop_assert_eq!(highest, 99.0);
            let around = spans.iter().find(|span| span.high == 99.0).unwrap();
            prop_assert!(around.from <= spike as f64 && spike as f64 <= around.to);
            prop_assert!(spans.is_sorted_by(|one, next| one.to <= next.from));
            prop_assert_eq!(spans.last().unwrap().to, (count - 1) as f64);
        }
    }
}
