//! Attendance: the office's list, files by upload, each school's rule and calendar, and who misses much.

pub mod export;
pub mod list;
pub mod school;
pub mod trend;
pub mod upload;
