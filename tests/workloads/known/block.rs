//! Memory that is mapped, so that every page of it is known.

use std::ffi::c_int;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::{env, ptr, slice};

use crate::system::{madvise, mmap, munmap, posix_fadvise};

const PAGE: usize = 4096;

/// Mapped memory, every page of which has been written to.
pub struct Block(*mut u8, usize);

impl Block {
    pub fn new(mib: u64) -> Self {
        Self::mapped(mib, 0x02)
    }

    /// As a database's buffers are: MAP_SHARED.
    pub fn shared(mib: u64) -> Self {
        Self::mapped(mib, 0x01)
    }

    /// Of a file that has no name any more.
    pub fn of_file(mib: u64) -> Self {
        let file = nameless();
        file.set_len(mib << 20).expect("room");
        Self::untouched((mib as usize) << 20, 0x01, file.as_raw_fd()).touched()
    }

    /// The same, where its content is on the disk alone and comes page by page (POSIX_FADV_DONTNEED,
    /// MADV_RANDOM).
    pub fn of_cold_file(mib: u64) -> Self {
        let mut file = nameless();
        file.write_all(&vec![1; (mib as usize) << 20]).expect("room");
        file.sync_all().expect("a disk");
        unsafe { posix_fadvise(file.as_raw_fd(), 0, 0, 4) };
        let block = Self::untouched((mib as usize) << 20, 0x01, file.as_raw_fd());
        unsafe { madvise(block.0.cast(), block.1, 1) };
        block
    }

    pub fn mapped(mib: u64, flag: c_int) -> Self {
        // Anonymous.
        Self::untouched((mib as usize) << 20, flag | 0x20, -1).touched()
    }

    pub fn untouched(len: usize, flags: c_int, file: c_int) -> Self {
        if len == 0 {
            return Self(ptr::null_mut(), 0);
        }
        // Readable and writable.
        let at = unsafe { mmap(ptr::null_mut(), len, 3, flags, file, 0) };
        assert!(!at.is_null() && at as isize != -1, "mmap");
        // Pages of 4 KiB, whatever this machine prefers (MADV_NOHUGEPAGE).
        unsafe { madvise(at, len, 15) };
        Self(at.cast(), len)
    }

    pub fn touched(self) -> Self {
        self.write(0, self.1);
        self
    }

    /// Reads every page.
    pub fn read(&self) {
        let bytes = unsafe { slice::from_raw_parts(self.0, self.1) };
        assert!(bytes.iter().step_by(PAGE).all(|byte| *byte == 1));
    }

    /// Writes to every page from `from` up to `to`.
    pub fn write(&self, from: usize, to: usize) {
        if self.1 > 0 {
            let bytes = unsafe { slice::from_raw_parts_mut(self.0, self.1) };
            (from..to).step_by(PAGE).for_each(|place| bytes[place] = 1);
        }
    }
}

fn nameless() -> File {
    let path = env::current_exe().expect("our path").with_extension(std::process::id().to_string());
    let file = File::options().create_new(true).read(true).write(true).open(&path);
    std::fs::remove_file(path).expect("our own file");
    file.expect("a file beside us")
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.1 > 0 {
            unsafe { munmap(self.0.cast(), self.1) };
        }
    }
}
