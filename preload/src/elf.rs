//! What the dynamic linker has loaded, read from its own list and from the tables that it reads
//! itself: without a call of any library, since a sanitizer may stand before each, and without
//! allocating anything.

use core::ffi::{c_char, c_int, c_void};

use crate::sys;

const PT_DYNAMIC: u32 = 2;
pub(crate) const PT_NOTE: u32 = 4;
const PT_PHDR: u32 = 6;
const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_DEBUG: i64 = 21;
const DT_JMPREL: i64 = 23;
const DT_GNU_HASH: i64 = 0x6fff_fef5;

/// One of the program's headers, as ELF with 64 bits has them.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) kind: u32,
    flags: u32,
    offset: u64,
    pub(crate) address: u64,
    physical: u64,
    file_size: u64,
    pub(crate) size: u64,
    alignment: u64,
}

/// ELF's symbol, with 64 bits.
#[repr(C)]
pub(crate) struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

impl Symbol {
    pub(crate) const fn is_import(&self) -> bool {
        self.section == 0
    }
}

#[repr(C)]
struct Dynamic {
    tag: i64,
    value: usize,
}

/// Something that the linker has filled in: `Elf64_Rela`.
#[repr(C)]
struct Relocation {
    place: u64,
    kind: u32,
    symbol: u32,
    addend: i64,
}

/// The linker's list of what is loaded: `struct link_map`.
#[repr(C)]
struct Loaded {
    base: usize,
    name: *const c_char,
    dynamic: *const Dynamic,
    next: *const Loaded,
}

/// What the linker keeps for debuggers: `struct r_debug`.
#[repr(C)]
struct Debug {
    version: c_int,
    first: *const Loaded,
}

/// The headers of the program itself, and where it lies; `None` if they don't tell.
pub(crate) fn program() -> Option<(&'static [Header], usize)> {
    // SAFETY: the kernel tells where the program's own headers are, and how many.
    let headers = unsafe {
        let at = sys::getauxval(sys::AT_PHDR) as *const Header;
        let count = sys::getauxval(sys::AT_PHNUM) as usize;
        if at.is_null() {
            return None;
        }
        core::slice::from_raw_parts(at, count)
    };
    let own = headers.iter().find(|header| header.kind == PT_PHDR)?;
    Some((headers, (headers.as_ptr() as usize).wrapping_sub(own.address as usize)))
}

/// All that is loaded, the program first.
pub(crate) fn objects() -> impl Iterator<Item = Object> {
    let mut next = first().unwrap_or(core::ptr::null());
    core::iter::from_fn(move || {
        // SAFETY: null, or the linker's next entry. Nobody else changes them before `main`.
        let loaded = unsafe { next.as_ref() }?;
        next = loaded.next;
        Some(Object { base: loaded.base, dynamic: loaded.dynamic })
    })
}

/// Whether any of them exports `name`. Unlike `dlsym` it leaves no error behind.
pub(crate) fn is_exported(name: &Name) -> bool {
    objects().filter_map(|object| object.exports()).any(|exports| exports.have(name))
}

fn first() -> Option<*const Loaded> {
    let (headers, base) = program()?;
    let dynamic = headers.iter().find(|header| header.kind == PT_DYNAMIC)?;
    let dynamic = base.wrapping_add(dynamic.address as usize) as *const Dynamic;
    let debug = Object { base, dynamic }.entry(DT_DEBUG)? as *const Debug;
    // SAFETY: null until the linker fills it in, which it does before it loads anything.
    Some(unsafe { debug.as_ref() }?.first)
}

/// One program or library that is loaded.
pub(crate) struct Object {
    /// Where it begins; 0 for a program at a fixed place.
    pub(crate) base: usize,
    dynamic: *const Dynamic,
}

impl Object {
    fn entry(&self, tag: i64) -> Option<usize> {
        let mut at = self.dynamic;
        // SAFETY: the table ends with a tag of 0.
        unsafe {
            while (*at).tag != 0 {
                if (*at).tag == tag {
                    return Some((*at).value);
                }
                at = at.add(1);
            }
        }
        None
    }

    /// The table that an entry tells of. glibc has put addresses there; where it can't write, and
    /// with other linkers, they are relative.
    fn table(&self, tag: i64) -> Option<*const c_void> {
        let value = self.entry(tag)?;
        let place = if value < self.base { value + self.base } else { value };
        Some(place as *const c_void)
    }

    /// Whether it asks for a function whose name begins with `start`.
    pub(crate) fn imports(&self, start: &str) -> bool {
        let Some(exports) = self.exports() else { return false };
        let tables = [(DT_JMPREL, DT_PLTRELSZ), (DT_RELA, DT_RELASZ)];
        tables.into_iter().any(|(table, size)| {
            let (Some(table), Some(size)) = (self.table(table), self.entry(size)) else {
                return false;
            };
            let count = size / size_of::<Relocation>();
            // SAFETY: the table is as the linker itself reads it.
            let all = unsafe { core::slice::from_raw_parts(table.cast::<Relocation>(), count) };
            let mut named = all.iter().filter(|relocation| relocation.symbol != 0);
            // SAFETY: the symbol's place is from the table; a name ends with 0.
            named.any(|relocation| unsafe {
                let symbol = &*exports.symbols.add(relocation.symbol as usize);
                let text = exports.names.add(symbol.name as usize);
                symbol.is_import() && sys::starts_with(text, start)
            })
        })
    }

    /// Its functions and data, for others to use; `None` without GNU's hash table.
    pub(crate) fn exports(&self) -> Option<Exports> {
        Some(Exports {
            hashes: self.table(DT_GNU_HASH)?.cast(),
            symbols: self.table(DT_SYMTAB)?.cast(),
            names: self.table(DT_STRTAB)?.cast(),
        })
    }
}

/// Names that an object exports.
pub(crate) struct Exports {
    hashes: *const u32,
    symbols: *const Symbol,
    names: *const u8,
}

/// A name to look for.
pub(crate) struct Name {
    text: &'static str,
    hash: u32,
}

impl Name {
    pub(crate) const fn new(text: &'static str) -> Self {
        let mut hash = 5381_u32;
        let mut place = 0;
        while place < text.len() {
            hash = hash.wrapping_mul(33).wrapping_add(text.as_bytes()[place] as u32);
            place += 1;
        }
        Self { text, hash }
    }
}

impl Exports {
    /// Whether `name` is among them. Mostly one look into the filter in front of the table.
    pub(crate) fn have(&self, name: &Name) -> bool {
        const HEAD: usize = 4;
        let hash = name.hash;
        // SAFETY: the table is as the linker itself reads it: four numbers, the filter's words of
        // 64 bits, the buckets, and the chains, each of which ends with an odd number.
        unsafe {
            let (buckets, first, words, shift) =
                (*self.hashes, *self.hashes.add(1), *self.hashes.add(2), *self.hashes.add(3));
            if buckets == 0 || !words.is_power_of_two() {
                return false;
            }
            let filter = self.hashes.add(HEAD).cast::<u64>();
            let word = *filter.add(((hash / 64) & (words - 1)) as usize);
            let both = (1 << (hash % 64)) | (1 << (hash.wrapping_shr(shift) % 64));
            if word & both != both {
                return false;
            }
            let starts = self.hashes.add(HEAD + 2 * words as usize);
            let mut place = *starts.add((hash % buckets) as usize);
            if place < first {
                return false;
            }
            let chains = starts.add(buckets as usize);
            loop {
                let of_symbol = *chains.add((place - first) as usize);
                if of_symbol | 1 == hash | 1 && self.is_named(place, name) {
                    return true;
                }
                if of_symbol & 1 != 0 {
                    return false;
                }
                place += 1;
            }
        }
    }

    unsafe fn is_named(&self, place: u32, name: &Name) -> bool {
        // SAFETY: the caller has the symbol's place from the table; a name ends with 0.
        unsafe {
            let symbol = &*self.symbols.add(place as usize);
            let text = self.names.add(symbol.name as usize);
            !symbol.is_import()
                && sys::starts_with(text, name.text)
                && *text.add(name.text.len()) == 0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_and_its_libraries_are_found() {
        let has = |text| {
            let name = Name::new(text);
            objects().filter_map(|object| object.exports()).filter(|all| all.have(&name)).count()
        };
        assert!(objects().count() > 2);
        assert_eq!(has("getauxval"), 1, "the C library");
        assert_eq!(has("__asan_init") + has("getauxva") + has("getauxval_"), 0);
        for name in ["malloc", "free", "getenv", "mmap", "dlsym", "qsort", "memfd_create", "nice"] {
            assert!(has(name) >= 1, "{name}");
        }
    }
}
