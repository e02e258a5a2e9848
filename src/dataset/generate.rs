//! Rows from a seed. ChaCha gives the same bytes on every machine, and each chunk of rows has a
//! stream of its own, so a chunk depends on nothing but the seed and its number.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::chunks::{Chunk, Sink};
use super::table::{Column, ColumnType, Table};
use super::value::{Row, Value};
use crate::config::{self, ColumnKind};
use crate::error::Result;

/// Rows in a chunk. Part of what decides the rows: a change needs a new `VERSION`.
const CHUNK: u64 = 256;
/// Above this many characters a column is a TEXT, as Django has it.
const LONGEST_VARCHAR: u32 = 255;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The letter for six bits; zero where there is none.
const LETTERS: [u8; 64] = {
    let mut letters = [0; 64];
    let mut index = 0;
    while index < ALPHABET.len() {
        letters[index] = ALPHABET[index];
        index += 1;
    }
    letters
};

/// The table that generated rows need: `id`, then the columns.
pub(super) fn table(name: &str, columns: &[config::Column]) -> Result<Table> {
    let key = Column { name: "id".to_owned(), kind: ColumnType::BigInteger, nullable: false };
    let others = columns.iter().map(|column| {
        let kind = match column.kind {
            ColumnKind::Integer => ColumnType::Integer,
            ColumnKind::Text { length } if length <= LONGEST_VARCHAR => ColumnType::Varchar(length),
            ColumnKind::Text { .. } => ColumnType::Text,
        };
        Column { name: column.name.clone(), kind, nullable: false }
    });
    Table::new(name, std::iter::once(key).chain(others).collect())
}

/// Makes rows with `id` from 1.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    rows: u64,
    seed: [u8; 32],
    columns: Vec<ColumnKind>,
}

impl Generator {
    pub(super) fn new(rows: u64, seed: u64, columns: &[config::Column]) -> Self {
        // Not `seed_from_u64`, whose way of stretching a seed is its library's own affair.
        let stretched =
            Sha256::new_with_prefix(b"memgrid dataset").chain_update(seed.to_le_bytes());
        let columns = columns.iter().map(|column| column.kind).collect();
        Self { rows, seed: stretched.finalize().into(), columns }
    }

    /// Makes every chunk, in order, until nobody wants more.
    pub(super) fn run(&self, sink: &mut Sink<'_>) {
        for number in 0..self.rows.div_ceil(CHUNK) {
            if !sink(self.chunk(number)) {
                break;
            }
        }
    }

    fn chunk(&self, number: u64) -> Chunk {
        let mut bytes = Bytes::new(&self.seed, number);
        let first = number * CHUNK + 1;
        let last = (first + CHUNK - 1).min(self.rows);
        Chunk::new((first..=last).map(|id| self.row(id, &mut bytes)).collect())
    }

    fn row(&self, id: u64, bytes: &mut Bytes) -> Row {
        let key = Value::Integer(i64::try_from(id).unwrap_or(i64::MAX));
        let others = self.columns.iter().map(|kind| match kind {
            ColumnKind::Integer => Value::Integer(bytes.integer()),
            ColumnKind::Text { length } => Value::Text(bytes.text(*length as usize).into()),
        });
        std::iter::once(key).chain(others).collect()
    }
}

/// A stream of random bytes, taken in blocks of a size that never changes.
struct Bytes {
    random: ChaCha8Rng,
    block: [u8; 1024],
    used: usize,
}

impl Bytes {
    fn new(seed: &[u8; 32], stream: u64) -> Self {
        let mut random = ChaCha8Rng::from_seed(*seed);
        random.set_stream(stream);
        Self { random, block: [0; 1024], used: 1024 }
    }

    fn rest(&mut self) -> &[u8] {
        if self.used == self.block.len() {
            self.random.fill_bytes(&mut self.block);
            self.used = 0;
        }
        &self.block[self.used..]
    }

    fn next(&mut self) -> u8 {
        let byte = self.rest()[0];
        self.used += 1;
        byte
    }

    /// Letters and digits, all equally likely: six bits of a byte, but for the two values that
    /// stand for none of the 62.
    fn text(&mut self, length: usize) -> String {
        let mut text = Vec::with_capacity(length);
        while text.len() < length {
            let mut used = 0;
            let mut letters = [0_u8; 64];
            let mut found = 0;
            let wanted = (length - text.len()).min(letters.len());
            // No branch on what a byte is: every one is written, and counts only if it is a letter.
            for byte in self.rest() {
                if found == wanted {
                    break;
                }
                used += 1;
                let letter = LETTERS[usize::from(byte & 63)];
                letters[found] = letter;
                found += usize::from(letter != 0);
            }
            self.used += used;
            text.extend_from_slice(&letters[..found]);
        }
        String::from_utf8(text).unwrap_or_default()
    }

    /// From 0 to 2³¹ − 1.
    fn integer(&mut self) -> i64 {
        let bytes = [self.next(), self.next(), self.next(), self.next()];
        i64::from(u32::from_le_bytes(bytes) >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;
    use crate::config::{Content, Dataset};

    fn dataset(rows: u64, seed: u64) -> Dataset {
        let text = |name: &str, length| config::Column {
            name: name.to_owned(),
            kind: ColumnKind::Text { length },
        };
        let number = config::Column { name: "n".to_owned(), kind: ColumnKind::Integer };
        let columns = vec![text("a", 5), number, text("b", 300)];
        Dataset { table: "t".to_owned(), content: Content::Generated { rows, seed, columns } }
    }

    fn rows(rows: u64, seed: u64) -> Vec<Row> {
        let source = Source::open(&dataset(rows, seed)).unwrap();
        source.chunks().flat_map(|chunk| chunk.unwrap().rows().to_vec()).collect()
    }

    /// The point of a seed: whoever has it has the rows, with any version of any library.
    #[test]
    fn the_rows_of_a_seed_never_change() {
        let first = &rows(1, 10301)[0];
        assert_eq!(
            first[..3],
            [Value::Integer(1), Value::Text("Hcfsw".into()), Value::Integer(1_542_518_337)]
        );
        let sum = Source::open(&dataset(1000, 10301)).unwrap().checksum().unwrap();
        assert_eq!(
            sum.to_string(),
            "d24419d45599a2d286be1d233bdcb380bf64984aa2ca538f9ffe1dbe1731ca55"
        );
    }

    #[test]
    fn fewer_rows_are_the_first_of_more() {
        assert_eq!(rows(300, 1), rows(700, 1)[..300]);
        assert_ne!(rows(3, 1), rows(3, 2));
    }

    #[test]
    fn ids_count_from_one_and_values_keep_to_their_column() {
        let rows = rows(600, 7);
        assert_eq!(rows.len(), 600);
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row[0], Value::Integer(index as i64 + 1));
            let Value::Text(a) = &row[1] else { panic!("{row:?}") };
            assert!(a.len() == 5 && a.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{a}");
            let Value::Integer(n) = row[2] else { panic!("{row:?}") };
            assert!((0..1 << 31).contains(&n));
            let Value::Text(b) = &row[3] else { panic!("{row:?}") };
            assert_eq!(b.len(), 300);
        }
    }

    #[test]
    fn every_letter_and_digit_is_about_as_likely() {
        let mut seen = [0_u32; 128];
        for row in rows(600, 3) {
            let Value::Text(text) = &row[3] else { panic!("{row:?}") };
            text.bytes().for_each(|byte| seen[usize::from(byte)] += 1);
        }
        let expected = 600.0 * 300.0 / 62.0;
        for letter in ALPHABET {
            let share = f64::from(seen[usize::from(*letter)]) / expected;
            assert!((0.9..1.1).contains(&share), "{}: {share}", char::from(*letter));
        }
    }

    #[test]
    fn long_texts_are_no_varchars() {
        let source = Source::open(&dataset(0, 1)).unwrap();
        let kinds: Vec<_> = source.table().columns().iter().map(|column| column.kind).collect();
        let expected =
            [ColumnType::BigInteger, ColumnType::Varchar(5), ColumnType::Integer, ColumnType::Text];
        assert_eq!(kinds, expected);
        assert_eq!(source.chunks().count(), 0);
    }
}
