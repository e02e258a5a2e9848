use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use super::*;

fn header(fields: usize) -> Header {
    let field = |place: usize| Field {
        name: if place == 0 { "t".into() } else { format!("f{place}") },
        unit: if place == 0 { Unit::Seconds } else { Unit::Bytes },
        scope: Scope::Tree,
    };
    Header {
        schema: SCHEMA,
        program: "memprobe 0.1.0".into(),
        started: "2026-11-21T22:15:30Z".into(),
        pid: 42,
        command: vec!["sh".into(), "-c".into(), "a \"b\"\n".into()],
        period: 0.01,
        fields: (0..fields).map(field).collect(),
    }
}

fn footer() -> Footer {
    Footer { end: ProbeOutcome::Ok, t: 1.5, samples: 0, marks: 0, missed: 3 }
}

#[derive(Clone, Debug)]
enum Entry {
    Sample(Vec<Option<f64>>),
    Mark(Mark),
}

fn value() -> impl Strategy<Value = Option<f64>> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        Just(None),
        (0_u64..1 << 50).prop_map(|bytes| Some(bytes as f64)),
        (0_u32..100_000_000).prop_map(|micros| Some(f64::from(micros) / 1e6)),
        (POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO).prop_map(Some),
    ]
}

fn entries(fields: usize) -> impl Strategy<Value = Vec<Entry>> {
    let sample = proptest::collection::vec(value(), fields).prop_map(Entry::Sample);
    let mark =
        (".{0,20}", 0_u32..1000).prop_map(|(name, t)| Entry::Mark(Mark { name, t: t.into() }));
    proptest::collection::vec(prop_oneof![4 => sample, 1 => mark], 0..40)
}

fn write(fields: usize, entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &header(fields)).unwrap();
    for entry in entries {
        match entry {
            Entry::Sample(values) => writer.sample(values).unwrap(),
            Entry::Mark(mark) => writer.mark(mark).unwrap(),
        }
    }
    writer.finish(footer()).unwrap()
}

/// Bit for bit, but for the kind of NaN.
fn rows(file: &SampleFile) -> Vec<Vec<Option<u64>>> {
    let columns: Vec<&[f64]> =
        file.header.fields.iter().map(|field| file.column(&field.name).unwrap()).collect();
    let bits = |value: f64| (!value.is_nan()).then_some(value.to_bits());
    (0..file.len()).map(|row| columns.iter().map(|column| bits(column[row])).collect()).collect()
}

fn expected(entries: &[Entry]) -> (Vec<Vec<Option<u64>>>, Vec<Mark>) {
    let mut samples = Vec::new();
    let mut marks = Vec::new();
    for entry in entries {
        match entry {
            Entry::Sample(values) => {
                samples.push(values.iter().map(|value| value.map(f64::to_bits)).collect());
            }
            Entry::Mark(mark) => marks.push(mark.clone()),
        }
    }
    (samples, marks)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        (fields, entries) in (1_usize..6).prop_flat_map(|n| (Just(n), entries(n))),
    ) {
        let file = SampleFile::read(&write(fields, &entries)[..]).unwrap();
        let (samples, marks) = expected(&entries);
        prop_assert_eq!(&file.header, &header(fields));
        prop_assert_eq!(file.bad_lines, 0);
        let counts = Footer {
            samples: samples.len() as u64,
            marks: marks.len() as u64,
            ..footer()
        };
        prop_assert_eq!(file.footer, Some(counts));
        prop_assert_eq!(rows(&file), samples);
        prop_assert_eq!(file.marks, marks);
    }

    #[test]
    fn the_same_at_several_times_is_written_as_one_by_one(
        times in proptest::collection::vec(0.0..1e6_f64, 0..10),
        values in proptest::collection::vec(value(), 0..5),
    ) {
        let fields = values.len() + 1;
        let sample = |t: &f64| Entry::Sample([&[Some(*t)], &values[..]].concat());
        let one_by_one = write(fields, &times.iter().map(sample).collect::<Vec<_>>());
        let mut writer = Writer::new(Vec::new(), &header(fields)).unwrap();
        writer.same(times, &values).unwrap();
        prop_assert_eq!(writer.finish(footer()).unwrap(), one_by_one);
    }

    #[test]
    fn what_is_left_of_a_cut_file_is_its_beginning(
        entries in entries(3),
        cut in any::<proptest::sample::Index>(),
    ) {
        let whole = write(3, &entries);
        let header = 1 + whole.iter().position(|byte| *byte == b'\n').unwrap();
        let cut = cut.index(whole.len() + 1);
        let Ok(file) = SampleFile::read(&whole[..cut]) else {
            prop_assert!(cut < header - 1, "a whole header is enough");
            return Ok(());
        };
        let (samples, marks) = expected(&entries);
        let read = rows(&file);
        prop_assert!(samples.starts_with(&read));
        prop_assert!(marks.starts_with(&file.marks));
        prop_assert!(file.bad_lines <= 1);
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let found = 1 + read.len() + file.marks.len() + usize::from(file.footer.is_some());
        prop_assert!(found == lines || found == lines + 1, "every whole line is there");
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut text = serde_json::to_vec(&header(2)).unwrap();
        text.push(b'\n');
        text.extend(bytes);
        let file = SampleFile::read(&text[..]).unwrap();
        prop_assert!(file.points("f1").count() <= file.len());
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads(text in "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,24})?") {
        let mut row = Vec::new();
        let array = format!("[{text}]");
        prop_assert!(number::read_row(array.as_bytes(), &mut row));
        prop_assert_eq!(row[0].to_bits(), text.parse::<f64>().unwrap().to_bits());
    }
}

#[test]
fn lines_that_are_not_ours_are_counted_and_left_out() {
    let mut text = serde_json::to_string(&header(2)).unwrap();
    text.push_str(
        "\n[0,1]\n[0]\n[0,1,2]\n[0,x]\n[0,1e999]\n[.5,1]\n[1.,1]\n[0,1] 2\nnonsense\n{}\n\n",
    );
    text.push_str(" \n[ 1 , null ]\n");
    let file = SampleFile::read(text.as_bytes()).unwrap();
    assert_eq!(file.len(), 2);
    assert_eq!(file.points("f1").collect::<Vec<_>>(), [(0.0, 1.0)]);
    assert!(file.column("f1").unwrap()[1].is_nan());
    assert!(file.column("nothing").is_none());
    assert_eq!(file.bad_lines, 11);
    assert_eq!(file.footer, None);
}

#[test]
fn a_line_without_an_end_is_one_bad_line_and_the_next_is_read() {
    let mut text = serde_json::to_vec(&header(2)).unwrap();
    text.push(b'\n');
    text.resize(text.len() + (17 << 20), b'7');
    text.extend_from_slice(b"\n[0,1]\n");
    let file = SampleFile::read(&text[..]).unwrap();
    assert_eq!((file.len(), file.bad_lines), (1, 1));
}

#[test]
fn whole_lines_leave_the_writer_long_before_the_end() {
    let mut text = Vec::new();
    drop(Writer::new(&mut text, &header(2)).unwrap());
    assert!(SampleFile::read(&text[..]).is_ok() && text.ends_with(b"\n"), "the header, at once");
    text.clear();
    let mut writer = Writer::new(&mut text, &header(2)).unwrap();
    (0..10_000).for_each(|_| writer.sample(&[Some(1.5), None]).unwrap());
    drop(writer);
    let file = SampleFile::read(&text[..]).unwrap();
    assert!((5000..10_000).contains(&file.len()) && text.ends_with(b"]\n"));
}

#[test]
fn a_newer_schema_and_no_header_are_refused_with_the_reason() {
    let newer = serde_json::to_string(&Header { schema: 2, ..header(1) }).unwrap();
    let error = SampleFile::read(newer.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("newer than 1"), "{error}");
    for text in ["", "[1,2]\n", "nonsense\n", "{\"schema\":1}\n"] {
        assert!(SampleFile::read(text.as_bytes()).is_err(), "{text}");
    }
}

/// `cargo test --release --lib sample_file -- --ignored --nocapture`
#[test]
#[ignore = "measures the release build"]
fn a_million_samples_are_read_in_half_a_second() {
    let mut writer = Writer::new(Vec::new(), &header(14)).unwrap();
    for sample in 0..1_000_000_u32 {
        let t = f64::from(sample) / 100.0 + 0.000_123;
        let mut values = [Some(f64::from(sample) * 4096.0); 14];
        values[0] = Some(t);
        values[12] = None;
        writer.sample(&values).unwrap();
    }
    let text = writer.finish(footer()).unwrap();
    // CPU time: the machine may be busy with something else.
    let began = clock_gettime(ClockId::ThreadCPUTime);
    let file = SampleFile::read(&text[..]).unwrap();
    let took = clock_gettime(ClockId::ThreadCPUTime) - began;
    let seconds = took.tv_sec as f64 + took.tv_nsec as f64 / 1e9;
    println!("{} samples, {} MB: {seconds:.3} s", file.len(), text.len() / 1_000_000);
    assert_eq!(file.len(), 1_000_000);
    assert!(seconds < 0.5, "{seconds} s");
}
