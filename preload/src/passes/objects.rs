//! The live instances of a class: how many there are, and what they hold together.
//!
//! The collector lists the objects that it knows. What an instance holds is found as the collector
//! finds it (`tp_traverse`), each object once, with the size that `sys.getsizeof` says. Nothing of
//! Python's own code runs for that, and nothing is created but the list.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null_mut;

use super::api::{self, Functions, Object};
use super::table::{Full, Pile, Table};
use crate::{python, sys};

/// What is known of a type: it is an instance's; what is of it is left out; it has a `__sizeof__`
/// in Python, which we don't call; and, if all of it are of one size, that size.
const INSTANCE: u64 = 1;
const LEFT_OUT: u64 = 2;
const PYTHON_SIZE: u64 = 4;
const ONE_SIZE: u64 = 8;
const SIZE_SHIFT: u32 = 8;
/// The dictionary of an instance may be nothing but its values so far.
const MANAGED_DICT: u64 = 1 << 4;
const INLINE_VALUES: u64 = 1 << 2;
/// The collector keeps this before each of its objects.
const COLLECTOR_HEAD: u64 = 16;

/// What is found of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Number of instances, and their collective size in bytes.
    Instances(u64, u64),
    /// No such class was loaded yet.
    NotLoaded,
    /// Why it can't be told.
    Refused(&'static str),
}

/// What finds them.
pub(super) struct Objects {
    seen: Table,
    types: Table,
    left: Pile<Object>,
    own: Option<Own>,
    size: u64,
}

/// Objects of CPython's that we use.
#[derive(Clone, Copy)]
struct Own {
    list_objects: Object,
    size_of: Object,
    /// `object.__sizeof__`.
    plain_size: Object,
    method: Object,
    /// Types whose objects belong to the program and not to an instance.
    left_out: [Object; 5],
}

impl Objects {
    pub(super) const fn new() -> Self {
        let (seen, types, left) = (Table::new(), Table::new(), Pile::new());
        Self { seen, types, left, own: None, size: 0 }
    }

    /// Looks for the instances of `names`, and gives each finding to `tell`, in order.
    ///
    /// # Safety
    /// The caller holds the interpreter's lock, and there is no error.
    pub(super) unsafe fn read<'a>(
        &mut self,
        python: &Functions,
        minor: u32,
        names: impl Iterator<Item = &'a [u8]>,
        mut tell: impl FnMut(Found),
    ) {
        // SAFETY: as the caller says; a list keeps its objects alive.
        unsafe {
            // What the collector would free now it can free later, but not while we look.
            let was_enabled = (python.disable_collector)() != 0;
            let own = self.own.or_else(|| Own::find(python));
            self.own = own;
            let list = own.map_or(null_mut(), |own| (python.call)(own.list_objects));
            for name in names {
                tell(match own.filter(|_| !list.is_null()) {
                    None => Found::Refused("Python's collector can't be asked"),
                    Some(own) => self.of_class(python, minor, own, name, list),
                });
            }
            (python.clear_error)();
            if !list.is_null() {
                (python.release)(list);
            }
            if was_enabled {
                (python.enable_collector)();
            }
        }
    }

    unsafe fn of_class(
        &mut self,
        python: &Functions,
        minor: u32,
        own: Own,
        name: &[u8],
        list: Object,
    ) -> Found {
        // SAFETY: the caller holds the lock.
        unsafe {
            let class = find_class(python, name);
            if class.is_null() {
                return Found::NotLoaded;
            }
            let found = if api::flags(api::type_of(class)) & api::IS_TYPE == 0 {
                Found::Refused("it is no class")
            } else if api::flags(class) & api::HAS_COLLECTOR == 0 {
                Found::Refused(
                    "its instances have no attributes, so Python's collector doesn't know them",
                )
            } else {
                let mut walk = Walk { python, minor, own, class, objects: self };
                walk.all(api::items(list))
                    .map_or(Found::Refused("there is no memory to look for them"), |count| {
                        Found::Instances(count, self.size)
                    })
            };
            (python.release)(class);
            found
        }
    }
}

impl Own {
    unsafe fn find(python: &Functions) -> Option<Self> {
        let variable = |name: &CStr| sys::find::<Object>(name);
        // SAFETY: the caller holds the lock. What is found here is kept for good.
        unsafe {
            let collector = collector(python);
            if collector.is_null() {
                return None;
            }
            let list_objects = (python.attribute_named)(collector, c"get_objects".as_ptr());
            (python.release)(collector);
            let object = variable(c"PyBaseObject_Type")?;
            let plain_size = (python.attribute_named)(object, c"__sizeof__".as_ptr());
            let size_of = (python.system)(c"getsizeof".as_ptr());
            if list_objects.is_null() || plain_size.is_null() || size_of.is_null() {
                return None;
            }
            (python.keep)(size_of);
            let left_out = [
                variable(c"PyModule_Type")?,
                variable(c"PyFunction_Type")?,
                variable(c"PyCFunction_Type")?,
                variable(c"PyCode_Type")?,
                variable(c"PyFrame_Type")?,
            ];
            let method = variable(c"PyMethodDescr_Type")?;
            Some(Self { list_objects, size_of, plain_size, method, left_out })
        }
    }
}

/// The collector's module, made by what `import` itself calls in the end; null if that can't be.
///
/// `import` would run Python's code, maybe in the midst of another import: 3.11 then loses a note of
/// which thread waits for which module, and the program's own import fails.
unsafe fn collector(python: &Functions) -> Object {
    const NAME: *const c_char = c"gc".as_ptr();
    // SAFETY: the caller holds the lock; what is null is not used.
    unsafe {
        let loaded = |name| (python.dict_item)((python.modules)(), name);
        let collector = loaded(NAME);
        if !collector.is_null() {
            (python.keep)(collector);
            return collector;
        }
        let importer = loaded(c"_imp".as_ptr());
        if importer.is_null() {
            return null_mut();
        }
        let call = |name: &CStr, argument: Object| {
            let function = (python.attribute_named)(importer, name.as_ptr());
            if function.is_null() || argument.is_null() {
                return null_mut();
            }
            let result = (python.call_with)(function, argument);
            (python.release)(function);
            result
        };
        // All that is asked of it is its name.
        let wanted = (python.new_module)(NAME);
        let name = (python.intern)(NAME);
        if wanted.is_null() || (python.set_attribute)(wanted, c"name".as_ptr(), name) != 0 {
            return null_mut();
        }
        let collector = call(c"create_builtin", wanted);
        (python.release)(wanted);
        (python.release)(name);
        let done = call(c"exec_builtin", collector);
        if done.is_null() {
            return null_mut();
        }
        (python.release)(done);
        collector
    }
}

/// The class that `name` means, such as `app.models.Record`, in the longest part of it that is a
/// loaded module; null if there is none. Imports nothing, and asks no module for what it doesn't
/// have.
unsafe fn find_class(python: &Functions, name: &[u8]) -> Object {
    const LONGEST: usize = 256;
    let mut parts = [0_u8; LONGEST];
    if name.len() >= LONGEST {
        return null_mut();
    }
    parts[..name.len()].copy_from_slice(name);
    let dots = |from: usize| (from..name.len()).filter(|place| name[*place] == b'.');
    // SAFETY: the caller holds the lock; every name ends with 0, since a dot is made one first.
    unsafe {
        for dot in dots(0).rev() {
            parts[..name.len()].copy_from_slice(name);
            parts[dot] = 0;
            let module = (python.dict_item)((python.modules)(), parts.as_ptr().cast());
            if module.is_null() {
                continue;
            }
            let mut found = module;
            (python.keep)(found);
            let mut start = dot + 1;
            while start < name.len() && !found.is_null() {
                let end = dots(start).next().unwrap_or(name.len());
                parts[end] = 0;
                let names = (python.attribute_named)(found, c"__dict__".as_ptr());
                (python.release)(found);
                found = null_mut();
                if !names.is_null() {
                    found = (python.mapping_item)(names, parts[start..].as_ptr().cast());
                    (python.release)(names);
                }
                (python.clear_error)();
                start = end + 1;
            }
            if !found.is_null() {
                return found;
            }
        }
    }
    null_mut()
}

/// One search.
struct Walk<'a> {
    python: &'a Functions,
    minor: u32,
    own: Own,
    class: Object,
    objects: &'a mut Objects,
}

impl Walk<'_> {
    /// How many of `objects` are instances; their size is then known.
    unsafe fn all(&mut self, objects: &[Object]) -> Result<u64, Full> {
        self.objects.seen.clear();
        self.objects.types.clear();
        self.objects.size = 0;
        let mut count = 0;
        // SAFETY: the caller holds the lock, and the list keeps the objects.
        unsafe {
            for &object in objects {
                if self.kind(api::type_of(object))? & INSTANCE != 0 {
                    count += 1;
                    self.objects.seen.insert(object as u64, 0)?;
                    self.objects.left.push(object)?;
                }
            }
            while let Some(object) = self.objects.left.pop() {
                let class = api::type_of(object);
                self.objects.size += self.size(object, class)?;
                self.visit_all(object, class);
            }
        }
        Ok(count)
    }

    /// Notes all that an object holds.
    unsafe fn visit_all(&mut self, object: Object, class: Object) {
        // SAFETY: as the caller's.
        unsafe {
            let flags = api::flags(class);
            let walk = (&raw mut *self).cast();
            // From 3.13 on a dictionary is passed over whose values are in the instance.
            if flags & MANAGED_DICT != 0 && self.minor > 12 {
                visit(object.cast::<Object>().sub(3).read(), walk);
            }
            if flags & api::HAS_COLLECTOR != 0
                && let Some(traverse) = api::traverse(class)
            {
                traverse(object, visit, walk);
            }
        }
    }

    #[inline]
    unsafe fn kind(&mut self, class: Object) -> Result<u64, Full> {
        if let Some(kind) = self.objects.types.get(class as u64) {
            return Ok(kind);
        }
        // SAFETY: as the caller's.
        let kind = unsafe { self.judge(class) };
        self.objects.types.insert(class as u64, kind)?;
        Ok(kind)
    }

    /// What is to be known of a type that was not met yet.
    #[cold]
    unsafe fn judge(&self, class: Object) -> u64 {
        let Self { python, own, .. } = self;
        // SAFETY: the caller holds the lock.
        unsafe {
            let is_a = |other: Object| (python.is_subtype)(class, other) != 0;
            let mut kind = if is_a(self.class) { INSTANCE } else { 0 };
            if api::flags(class) & api::IS_TYPE != 0 || own.left_out.into_iter().any(is_a) {
                return kind | LEFT_OUT;
            }
            let size = (python.attribute_named)(class, c"__sizeof__".as_ptr());
            if size.is_null() || api::type_of(size) != own.method {
                kind |= PYTHON_SIZE;
            }
            // From 3.13 on values may lie in the instance, or not any more.
            if size == own.plain_size && self.minor < 13 && api::has_one_size(class) {
                kind |= ONE_SIZE;
            }
            if !size.is_null() {
                (python.release)(size);
            }
            (python.clear_error)();
            kind
        }
    }

    /// What an object takes itself.
    unsafe fn size(&mut self, object: Object, class: Object) -> Result<u64, Full> {
        // SAFETY: the caller holds the lock, and keeps the object.
        unsafe {
            let kind = self.kind(class)?;
            let mut size = kind >> SIZE_SHIFT;
            if size == 0 {
                size = self.ask(object, class, kind);
                if kind & ONE_SIZE != 0 {
                    self.objects.types.insert(class as u64, kind | size << SIZE_SHIFT)?;
                }
            }
            let flags = api::flags(class);
            if flags & MANAGED_DICT != 0 {
                size += values(object, flags, size, self.minor);
            }
            Ok(size)
        }
    }

    unsafe fn ask(&self, object: Object, class: Object, kind: u64) -> u64 {
        let python = self.python;
        // SAFETY: as above.
        unsafe {
            let is_plain = kind & PYTHON_SIZE != 0;
            let function = if is_plain { self.own.plain_size } else { self.own.size_of };
            let number = (python.call_with)(function, object);
            if number.is_null() {
                (python.clear_error)();
                return 0;
            }
            let size = u64::try_from((python.size)(number)).unwrap_or(0);
            (python.release)(number);
            let has_head = is_plain && api::flags(class) & api::HAS_COLLECTOR != 0;
            size + if has_head { COLLECTOR_HEAD } else { 0 }
        }
    }
}

/// What an instance's values take while it has no dictionary, which no size says. In 3.11 and 3.12
/// they are a block of their own, whose beginning is as far before them as the byte before them
/// says; from 3.13 on they follow the instance, in its block.
unsafe fn values(object: Object, flags: u64, size: u64, minor: u32) -> u64 {
    const WORD: usize = 8;
    // SAFETY: an instance with a managed dictionary has four words before itself.
    unsafe {
        let before = |words: usize| object.cast::<usize>().sub(words).read();
        let values = match minor {
            11 if before(3) == 0 => before(4),
            12 if before(3) & 1 == 1 => before(3) + 1,
            13.. if flags & INLINE_VALUES != 0 && before(3) == 0 => {
                return python::held(object.byte_sub(4 * WORD)).saturating_sub(size);
            }
            _ => 0,
        };
        if values == 0 {
            return 0;
        }
        let head = ((values - 1) as *const u8).read();
        python::held((values - usize::from(head)) as *mut c_void)
    }
}

/// Notes what an object holds, the first time that it is met.
unsafe extern "C" fn visit(held: Object, walk: *mut c_void) -> c_int {
    if held.is_null() {
        return 0;
    }
    // SAFETY: the walk that called `tp_traverse`, which has no other use of it until that is done;
    // what is held is alive as long as its holder.
    unsafe {
        let walk = &mut *walk.cast::<Walk<'_>>();
        if let Ok(None) = walk.objects.seen.insert(held as u64, 0) {
            let kind = walk.kind(api::type_of(held)).unwrap_or(LEFT_OUT);
            if kind & LEFT_OUT == 0 {
                let _ = walk.objects.left.push(held);
            }
        }
    }
    0
}
