//! From a validated matrix to cells, a selection of them, and the order of their attempts. Pure.

pub mod cell;

pub use cell::{Cell, CellId};
