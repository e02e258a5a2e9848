//! Summaries as real runs give them, for tests: the default matrix with curves shaped like those
//! that were measured, and variations of it.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::summary::{Curve, Summary};
use super::{CurveSource, SummaryInput, summarise};
use crate::collect::record::*;
use crate::measurement::curves::PAGE;
use crate::measurement::{Directions, Metric, Precision, ProbeOutcome, ProbeResult, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId};

const MIB: f64 = 1024.0 * 1024.0;

/// A matrix with what was measured of it, still to be changed by a test.
pub(crate) struct Sample {
    pub(crate) axes: IndexMap<String, Vec<String>>,
    pub(crate) baseline: Option<(String, String)>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) curves: IndexMap<(String, CellId, u32), Vec<Curve>>,
}

impl Sample {
    /// The product of `axes`, without a run.
    pub(crate) fn new(axes: &[(&str, &[&str])], baseline: Option<(&str, &str)>) -> Self {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let axes: IndexMap<String, Vec<String>> =
            axes.iter().map(|(axis, values)| ((*axis).to_owned(), owned(values))).collect();
        let mut products = vec![IndexMap::new()];
        for (axis, values) in &axes {
            products = products
                .iter()
                .flat_map(|product: &IndexMap<String, String>| {
                    values.iter().map(move |value| {
                        let mut product = product.clone();
                        product.insert(axis.clone(), value.clone());
                        product
                    })
                })
                .collect();
        }
        let baseline = baseline.map(|(axis, value)| (axis.to_owned(), value.to_owned()));
        let cells = products.into_iter().map(cell).collect();
        Self {
            axes,
            baseline,
            cells,
            runs: vec![run("20261121-221530-3f9a")],
            curves: IndexMap::new(),
        }
    }

    /// The 18 cells of the default matrix, with the peaks that design.md gives.
    pub(crate) fn default_matrix() -> Self {
        let mut sample = Self::new(
            &[
                ("backend", &["sqlite", "postgresql", "mysql"]),
                ("format", &["json", "xml", "yaml"]),
                ("state", &["unpatched", "patched"]),
            ],
            Some(("state", "unpatched")),
        );
        for cell in sample.cells.clone() {
            let of = |axis: &str| cell.axes[axis].as_str();
            let seconds = match of("format") {
                "json" => 2.1,
                "xml" => 4.2,
                _ => 8.3,
            };
            let peak = match (of("backend"), of("format"), of("state")) {
                ("postgresql", _, "patched") => 63.0,
                (_, _, "patched") => 51.6,
                ("sqlite", "yaml", _) => 394.0,
                ("postgresql", "yaml", _) => 411.0,
                ("mysql", "yaml", _) => 406.0,
                ("sqlite", ..) => 121.0,
                ("postgresql", ..) => 185.0,
                _ => 161.0,
            };
            sample.measure(0, &cell.id, &[(peak, seconds)]);
            let held = match (of("backend"), of("state")) {
                ("postgresql", "patched") => 2.6,
                ("postgresql", _) => 1.1,
                ("mysql", _) => 0.2,
                _ => continue,
            };
            sample.serve(0, &cell.id, held);
        }
        sample
    }

    /// Gives a cell of run number `run` attempts with these peaks (MiB) and times (s).
    pub(crate) fn measure(&mut self, run: usize, id: &CellId, attempts: &[(f64, f64)]) {
        let cell = self.cells.iter().find(|cell| cell.id == *id).unwrap().clone();
        let run = &mut self.runs[run];
        let record =
            CellRecord { schema: SCHEMA, cell, outcome: Outcome::Ok, reason: None, help: None };
        let mut results =
            CellResults { record: Some(record), attempts: Vec::new(), passes: Vec::new() };
        for (number, (peak, seconds)) in (1..).zip(attempts) {
            results.attempts.push(attempt(id, number, *peak, *seconds));
            let key = (run.manifest.run.clone(), id.clone(), number);
            self.curves.insert(key, curves(number, *peak, *seconds));
        }
        run.manifest.cells.push(id.clone());
        run.cells.insert(id.clone(), results);
    }

    /// Gives a cell's attempts a server that held `mib`.
    pub(crate) fn serve(&mut self, run: usize, id: &CellId, mib: f64) {
        let metric = Metric::new(mib * MIB, Unit::Bytes, Scope::Server, Precision::Sampled);
        for attempt in self.attempts(run, id.as_str()) {
            let metrics = attempt.result.as_mut().map(|result| &mut result.metrics);
            metrics.unwrap().insert("peak_server".to_owned(), metric.clone());
        }
        let run = self.runs[run].manifest.run.clone();
        for ((_, _, number), curves) in
            self.curves.iter_mut().filter(|((of, cell, _), _)| *of == run && cell == id)
        {
            let (points, marks) = (curves[0].points.iter(), curves[0].marks.clone());
            let points = points.map(|(time, value)| (*time, value.min(mib * MIB))).collect();
            let metric = "server_anon".to_owned();
            curves.retain(|curve| curve.metric != metric);
            curves.push(Curve { attempt: *number, metric, points, marks });
        }
    }

    /// Ends a cell of run number `run` in another way, without attempts.
    pub(crate) fn end(
        &mut self,
        run: usize,
        id: &str,
        outcome: Outcome,
        reason: &str,
        help: Option<&str>,
    ) {
        let cell = self.cells.iter().find(|cell| cell.id.as_str() == id).unwrap().clone();
        let id = cell.id.clone();
        let (reason, help) = (Some(reason.to_owned()), help.map(str::to_owned));
        let record = CellRecord { schema: SCHEMA, cell, outcome, reason, help };
        self.runs[run].cells.insert(
            id,
            CellResults { record: Some(record), attempts: Vec::new(), passes: Vec::new() },
        );
    }

    /// The newest attempt of a cell, to be changed.
    pub(crate) fn attempts(&mut self, run: usize, id: &str) -> &mut Vec<AttemptRecord> {
        let found = self.runs[run].cells.iter_mut().find(|(cell, _)| cell.as_str() == id);
        &mut found.unwrap().1.attempts
    }

    pub(crate) fn summary(&self) -> Summary {
        summarise(&SummaryInput {
            cells: &self.cells,
            axes: &self.axes,
            baseline: self.baseline.as_ref().map(|(axis, value)| (axis.as_str(), value.as_str())),
            directions: &Directions::default(),
            same_output: true,
            rules: &crate::config::Rule::defaults(),
            noise: &std::collections::HashMap::new(),
            runs: &self.runs,
            curves: self,
        })
    }

    fn readings(&self, run: &str, cell: &CellId, attempt: u32) -> Option<&Vec<Curve>> {
        self.curves.get(&(run.to_owned(), cell.clone(), attempt))
    }
}

impl CurveSource for Sample {
    fn key(&self, run: &str, cell: &CellId, attempt: u32) -> Option<String> {
        let readings = self.readings(run, cell, attempt)?;
        Some(crate::fingerprint::sha256(format!("{readings:?}")))
    }

    fn curves(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        let readings = self.readings(run, cell, attempt);
        readings.into_iter().flatten().map(|curve| curve.thinned(PAGE)).collect()
    }

    fn sketch(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        self.curves(run, cell, attempt).into_iter().map(Curve::sketched).collect()
    }
}

pub(crate) fn cell(axes: IndexMap<String, String>) -> Cell {
    let id = CellId::from_values(axes.values().map(String::as_str));
    Cell { id, axes, extra: IndexMap::new() }
}

fn attempt(id: &CellId, number: u32, peak: f64, seconds: f64) -> AttemptRecord {
    let sampled = |mib: f64| Metric::new(mib * MIB, Unit::Bytes, Scope::Tree, Precision::Sampled);
    let exact = |mib: f64| Metric::new(mib * MIB, Unit::Bytes, Scope::Tree, Precision::Exact);
    let time = |seconds| Metric::new(seconds, Unit::Seconds, Scope::Tree, Precision::Exact);
    let heap = in_use(peak);
    let metrics = [
        ("peak_rss", exact(peak)),
        ("peak_anon", sampled(peak * 0.82)),
        ("peak_pss", sampled(peak * 0.9)),
        ("peak_uss", sampled(peak * 0.88)),
        ("peak_heap", exact(heap)),
        ("peak_python_heap", sampled(heap * 0.6)),
        ("peak_retained", sampled(peak * 0.82 - heap + 4.0)),
        ("wall_time", time(seconds)),
        ("cpu_time", time(seconds * 0.97)),
    ];
    let twin = id.as_str().replace("unpatched", "").replace("patched", "");
    AttemptRecord {
        schema: SCHEMA,
        cell: id.clone(),
        number,
        warmup: false,
        pass: None,
        started: started(),
        outcome: Outcome::Ok,
        reason: None,
        csv: true,
        left_out: IndexMap::new(),
        derived: crate::measurement::Derived::default(),
        command: ["python", "workload/serialize.py", "json"].map(str::to_owned).to_vec(),
        env: [
            ("MEMGRID_ROWS".to_owned(), "50000".to_owned()),
            ("PYTHONHASHSEED".to_owned(), "0".to_owned()),
        ]
        .into(),
        result: Some(ProbeResult {
            schema: 1,
            outcome: ProbeOutcome::Ok,
            message: None,
            exit_code: Some(0),
            signal: None,
            metrics: metrics.map(|(name, metric)| (name.to_owned(), metric)).into(),
            lines: None,
            output_digest: Some(crate::fingerprint::sha256(twin)),
            samples: (seconds * 100.0) as u64,
            sampling: None,
            notes: Vec::new(),
        }),
    }
}

/// How many MiB of `rss` are live heap: not the program's text, nor what is free.
fn in_use(rss: f64) -> f64 {
    (rss - 20.0).max(0.0) * 0.78
}

/// A process that loads its modules, works for `seconds` and reaches `peak` MiB.
fn curves(attempt: u32, peak: f64, seconds: f64) -> Vec<Curve> {
    let marks = vec![(seconds * 0.12, "start".to_owned()), (seconds * 0.96, "end".to_owned())];
    let rss = |time: f64| {
        let share = ((time / seconds - 0.12) / 0.8).clamp(0.0, 1.0);
        let loaded = 46.0 * (time / seconds / 0.1).min(1.0).powf(0.6);
        let wobble = 0.6 * (time * 37.0).sin();
        (loaded + (peak - 46.0) * share.powf(0.8) + wobble).min(peak) * MIB
    };
    let times = || (0..(seconds * 100.0) as u32).map(|tick| f64::from(tick) / 100.0);
    let scaled = |metric: &str, factor: f64, every: usize| Curve {
        attempt,
        metric: metric.to_owned(),
        points: times().step_by(every).map(|time| (time, rss(time) * factor)).collect(),
        marks: marks.clone(),
    };
    let (rss, anon) = (scaled("rss", 1.0, 1), scaled("anon", 0.82, 1));
    let freed = |time: f64| if time > seconds * 0.93 { 0.35 } else { 1.0 };
    let live = |time: f64, value: f64| in_use(value / MIB) * freed(time) * MIB;
    let changed = |metric: &str, of: &dyn Fn(f64, f64) -> f64| Curve {
        metric: metric.to_owned(),
        points: rss.points.iter().map(|(time, value)| (*time, of(*time, *value))).collect(),
        ..rss.clone()
    };
    let heap = changed("heap", &live);
    let python = changed("python_heap", &|time, value| live(time, value) * 0.6);
    let retained = changed("retained", &|time, value| value * 0.82 - live(time, value));
    vec![rss, anon, scaled("pss", 0.9, 50), heap, python, retained]
}

fn started() -> Timestamp {
    "2026-11-21T22:15:30Z".parse().unwrap()
}

/// A run without cells.
pub(crate) fn run(id: &str) -> RunRecord {
    let patch = |name: &str, subject: &str| PatchRecord {
        name: name.to_owned(),
        label: None,
        sha256: crate::fingerprint::sha256(name),
        subject: subject.to_owned(),
    };
    let state = |description: &str, patches: Vec<PatchRecord>| StateRecord {
        description: Some(description.to_owned()),
        sources: [(
            "subject".to_owned(),
            SourceRecord {
                origin: "Django==5.2.19".to_owned(),
                commit: Some("4f9a0c2d7be1e2f3a4b5c6d7e8f90a1b2c3d4e5f".to_owned()),
                patches,
            },
        )]
        .into(),
    };
    let versions = [
        ("python", "3.11.2"),
        ("django", "5.2.19"),
        ("psycopg", "3.2.3"),
        ("postgresql", "15.14"),
        ("mysql", "MariaDB 10.11.14"),
    ];
    RunRecord {
        manifest: RunManifest {
            schema: SCHEMA,
            run: id.to_owned(),
            name: None,
            memgrid: "0.1.0".to_owned(),
            started: started(),
            finished: Some("2026-11-21T22:17:01Z".parse().unwrap()),
            arguments: vec!["run".to_owned()],
            cells: Vec::new(),
            matrix_sha256: crate::fingerprint::sha256("matrix"),
            baseline: Some(("state".to_owned(), "unpatched".to_owned())),
            measure: MeasureRecord {
                period: 0.01,
                repeats: 1,
                warmup: 0,
                timeout: 600.0,
                jobs: 1,
                memory_limit: None,
                steady: true,
                heap: false,
                passes: Vec::new(),
                seed: 7,
            },
            allocator: Some(Allocator {
                library: "GNU C Library (Debian GLIBC 2.36-9+deb12u13) stable release version 2.36"
                    .to_owned(),
                settings: IndexMap::new(),
            }),
            machine: Machine {
                id: "machine".to_owned(),
                hostname: "bench".to_owned(),
                kernel: "Linux 6.1.0-41-amd64 x86_64".to_owned(),
                os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
                cpu: "AMD EPYC 7763 64-Core Processor".to_owned(),
                cpus: 2,
                memory: 8 << 30,
                load: 0.21,
                huge_pages: Some("madvise".to_owned()),
            },
            versions: versions.map(|(name, version)| (name.to_owned(), version.to_owned())).into(),
            states: [
                ("unpatched".to_owned(), state("Django as released", Vec::new())),
                (
                    "patched".to_owned(),
                    state(
                        "Serializers that stream, and MySQL cursors that do",
                        vec![
                            patch(
                                "5423-iterate.patch",
                                "Iterate over querysets without filling their cache",
                            ),
                            patch("stream-yaml.patch", "Dump each YAML object as it ends"),
                            patch(
                                "16614-mysql.patch",
                                "Use unbuffered cursors for MySQL's server-side iteration",
                            ),
                        ],
                    ),
                ),
            ]
            .into(),
            series: IndexMap::new(),
            refused: IndexMap::new(),
            revisions: IndexMap::new(),
            dataset: Some(DatasetRecord {
                fingerprint: crate::fingerprint::sha256("rows"),
                table: "records_record".to_owned(),
                rows: 50_000,
            }),
            workload_sha256: crate::fingerprint::sha256("workload"),
        },
        cells: IndexMap::new(),
    }
}
