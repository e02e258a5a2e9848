//! One combination of the matrix.

use std::fmt;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::config::{BACKEND_AXIS, STATE_AXIS};

/// A cell's id: its values joined by `/` in axis order, such as `sqlite/json/patched`.
/// Every part is a valid file name (config's validation sees to it), so an id is a relative path too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellId(String);

impl CellId {
    /// Joins values to an id.
    pub fn from_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self(values.into_iter().collect::<Vec<_>>().join("/"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a relative path below a run's `cells` folder.
    #[must_use]
    pub fn to_path(&self) -> PathBuf {
        self.0.split('/').collect()
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One combination: values by axis, and what `include` added beside them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Its name.
    pub id: CellId,
    /// Values of the matrix's axes, in axis order. A cell that `include` made may lack some.
    pub axes: IndexMap<String, String>,
    /// Further values from `include` entries, which name no axis.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub extra: IndexMap<String, String>,
}

impl Cell {
    /// The name of its state, if it has one (a matrix of `include` alone has no axes).
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.value(STATE_AXIS)
    }

    /// The name of its backend, if it has one.
    #[must_use]
    pub fn backend(&self) -> Option<&str> {
        self.value(BACKEND_AXIS)
    }

    /// A value by axis or by the name of an extra.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.axes.get(name).or_else(|| self.extra.get(name)).map(String::as_str)
    }

    /// What it shares with its twins: its values but for `axis`.
    #[must_use]
    pub fn twin_key(&self, axis: &str) -> Vec<(&str, &str)> {
        let values = self.axes.iter().filter(|(name, _)| *name != axis);
        values.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}
