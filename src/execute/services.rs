//! The services of one attempt: there when it begins, and what became of them when it has ended.

use std::path::Path;

use super::Task;
use crate::error::Result;
use crate::growing_log::GrowingLog;
use crate::service::{Visit, log_name};

/// The services that an attempt uses.
pub(super) struct Served {
    visits: Vec<Visit>,
    /// Whether nobody else uses them at the same time.
    is_alone: bool,
}

impl Served {
    /// Starts what has to be started, and tells the task where it is.
    pub(super) fn enter(task: &mut Task, jobs: usize) -> Result<Self> {
        let visits = task.services.iter().map(|service| service.enter());
        let visits: Vec<Visit> = visits.collect::<Result<_>>()?;
        for (name, value) in visits.iter().flat_map(Visit::env) {
            task.env.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(Self { visits, is_alone: jobs <= 1 })
    }

    /// The processes whose descendants serve this attempt alone.
    pub(super) fn processes(&self) -> impl Iterator<Item = i32> {
        let own = self.visits.iter().filter(|visit| self.is_alone || !visit.is_shared());
        own.filter_map(Visit::process)
    }

    /// What the services print while they serve.
    pub(super) fn logs(&self) -> impl Iterator<Item = GrowingLog> {
        self.visits.iter().filter_map(Visit::growing_log)
    }

    /// Ends what was started for the attempt, and keeps what was printed in `folder`. What a
    /// service did wrong, if it did: it ended while it was used, or does not end now.
    pub(super) fn leave(self, folder: &Path) -> Option<String> {
        let mut wrong = None;
        for visit in self.visits {
            let name = visit.name().to_owned();
            if let Some(how) = visit.ended() {
                wrong.get_or_insert(format!("the service {name} ended during the attempt: {how}"));
            }
            if let Err(error) = visit.leave(folder) {
                wrong.get_or_insert(error.to_string());
            }
        }
        wrong
    }
}

/// The files in which the logs of a task's services are kept.
pub(super) fn logs(task: &Task) -> Vec<String> {
    task.services.iter().map(|service| log_name(&service.spec().name)).collect()
}
