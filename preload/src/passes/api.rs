//! CPython's functions, as far as passes call them: all of them public, and there since 3.11.

use core::ffi::{c_char, c_int, c_void};

use crate::sys::find;

/// A Python object: a counter, then its type.
pub(super) type Object = *mut c_void;
/// What `tp_traverse` calls for each object that another one holds.
pub(super) type Visit = unsafe extern "C" fn(Object, *mut c_void) -> c_int;
pub(super) type Traverse = unsafe extern "C" fn(Object, Visit, *mut c_void) -> c_int;

/// Declares the functions, which are all found or none.
macro_rules! functions {
    ($($field:ident = $symbol:literal ($($type:ty),*) $(-> $result:ty)?;)*) => {
        /// CPython's functions.
        #[derive(Clone, Copy)]
        pub(super) struct Functions {
            $(pub(super) $field: unsafe extern "C" fn($($type),*) $(-> $result)?,)*
        }

        impl Functions {
            pub(super) fn find() -> Option<Self> {
                Some(Self { $($field: find($symbol)?,)* })
            }
        }
    };
}

functions! {
    is_initialized = c"Py_IsInitialized" () -> c_int;
    add_pending_call =
        c"Py_AddPendingCall" (unsafe extern "C" fn(*mut c_void) -> c_int, *mut c_void) -> c_int;
    this_thread = c"PyGILState_GetThisThreadState" () -> *mut c_void;
    lock = c"PyGILState_Ensure" () -> c_int;
    unlock = c"PyGILState_Release" (c_int);
    modules = c"PyImport_GetModuleDict" () -> Object;
    new_module = c"PyModule_New" (*const c_char) -> Object;
    set_attribute = c"PyObject_SetAttrString" (Object, *const c_char, Object) -> c_int;
    dict_item = c"PyDict_GetItemString" (Object, *const c_char) -> Object;
    mapping_item = c"PyMapping_GetItemString" (Object, *const c_char) -> Object;
    attribute = c"PyObject_GetAttr" (Object, Object) -> Object;
    attribute_named = c"PyObject_GetAttrString" (Object, *const c_char) -> Object;
    call = c"PyObject_CallNoArgs" (Object) -> Object;
    call_with = c"PyObject_CallOneArg" (Object, Object) -> Object;
    size = c"PyLong_AsSsize_t" (Object) -> isize;
    is_subtype = c"PyType_IsSubtype" (Object, Object) -> c_int;
    disable_collector = c"PyGC_Disable" () -> c_int;
    enable_collector = c"PyGC_Enable" () -> c_int;
    system = c"PySys_GetObject" (*const c_char) -> Object;
    keep = c"Py_IncRef" (Object);
    release = c"Py_DecRef" (Object);
    error = c"PyErr_Occurred" () -> Object;
    clear_error = c"PyErr_Clear" ();
    intern = c"PyUnicode_InternFromString" (*const c_char) -> Object;
    text = c"PyUnicode_AsUTF8AndSize" (Object, *mut isize) -> *const c_char;
    frame = c"PyThreadState_GetFrame" (*mut c_void) -> Object;
    frame_code = c"PyFrame_GetCode" (Object) -> Object;
    frame_instruction = c"PyFrame_GetLasti" (Object) -> c_int;
    frame_line = c"PyFrame_GetLineNumber" (Object) -> c_int;
    code_line = c"PyCode_Addr2Line" (Object, c_int) -> c_int;
}

/// What tells whether the interpreter is going down; its name has changed.
pub(super) type IsFinalizing = unsafe extern "C" fn() -> c_int;

pub(super) fn find_is_finalizing() -> Option<IsFinalizing> {
    find(c"Py_IsFinalizing").or_else(|| find(c"_Py_IsFinalizing"))
}

/// What gives the state of the thread that holds the interpreter's lock, without a check; its
/// name has changed.
pub(super) type CurrentThread = unsafe extern "C" fn() -> *mut c_void;

pub(super) fn find_current_thread() -> Option<CurrentThread> {
    find(c"PyThreadState_GetUnchecked").or_else(|| find(c"_PyThreadState_UncheckedGet"))
}

/// An object's type.
///
/// # Safety
/// `object` is a live object of a CPython with a global lock.
#[inline]
pub(super) unsafe fn type_of(object: Object) -> Object {
    // SAFETY: the type follows the counter of references, which takes 8 bytes.
    unsafe { object.cast::<Object>().add(1).read() }
}

/// Where a type has its flags, and its function that visits what an object holds: behind what all
/// objects of variable size begin with come a name, sizes, and pointers, in an order that has been
/// the same since 3.8.
const ITEM_SIZE: usize = 40;
const FLAGS: usize = 168;
const TRAVERSE: usize = 184;
/// A type's objects can be in cycles, so the collector knows of them.
pub(super) const HAS_COLLECTOR: u64 = 1 << 14;
/// The objects of this type are types.
pub(super) const IS_TYPE: u64 = 1 << 31;

/// # Safety
/// `class` is a type.
#[inline]
pub(super) unsafe fn flags(class: Object) -> u64 {
    // SAFETY: as above.
    unsafe { class.byte_add(FLAGS).cast::<u64>().read() }
}

/// Whether all objects of the type take the same.
///
/// # Safety
/// `class` is a type.
pub(super) unsafe fn has_one_size(class: Object) -> bool {
    // SAFETY: as above.
    unsafe { class.byte_add(ITEM_SIZE).cast::<isize>().read() == 0 }
}

/// # Safety
/// `class` is a type.
#[inline]
pub(super) unsafe fn traverse(class: Object) -> Option<Traverse> {
    // SAFETY: as above; null is `None`.
    unsafe { class.byte_add(TRAVERSE).cast::<Option<Traverse>>().read() }
}

/// The objects that a list holds.
///
/// # Safety
/// `list` is a list, which nobody changes while the slice lives.
pub(super) unsafe fn items<'a>(list: Object) -> &'a [Object] {
    // SAFETY: behind the type come the number and the items' array.
    unsafe {
        let words = list.cast::<usize>();
        let (length, first) = (words.add(2).read(), words.add(3).read());
        if length == 0 {
            return &[];
        }
        core::slice::from_raw_parts(first as *const Object, length)
    }
}
