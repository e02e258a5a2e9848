//! From a validated matrix to cells, a selection of them, and the order of their attempts. Pure.

pub mod bisect;
pub mod cell;
mod matrix;
mod order;
mod pass;
mod remaining;
mod select;
pub mod template;

pub use cell::{Cell, CellId};
pub(crate) use matrix::{Origin, expand_traced};
pub use matrix::{expand, product_size};
pub use order::{Attempt, order};
pub use pass::{Pass, passes};
pub use remaining::{Done, remaining};
pub use select::{Selection, parse_filter, select};
