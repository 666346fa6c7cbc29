//! shipnote keeps what a team learns from every change it ships: record it in a minute, find it in a second, repeat or
//! undo it safely, and browse it all as a site.
//!
//! The command line (`cli`) is one user of this library; nothing below it prints, exits, reads the environment or asks
//! the time. A module imports only the modules its row names, all of a lower layer; `tests/layering.rs` reads this table
//! and fails on any other import.
//!
//! | layer | module | lives there | may import |
//! | --- | --- | --- | --- |
//! | 0 | `model` | `Change`, `Draft` and its validation, `Runbook`, metrics, checks, evidence, ids | – |
//! | 0 | `sys` | clock, environment, randomness, atomic file writes, child processes, the git command line | – |
//! | 0 | `markup` | Markdown to sanitised HTML, plain text, front matter, fences | – |
//! | 1 | `config` | layered settings with their origin | sys |
//! | 1 | `form` | the Markdown form of a change or a runbook, both ways; steps; checklists | model, markup |
//! | 1 | `repo` | what git knows of a change: commits, files, code owners, links | model, sys |
//! | 1 | `redact` | secret rules (data), scan and mask | model |
//! | 1 | `query` | search text to `Expr`, error text to fingerprints, the analyzer, the in-memory oracle `matches` | model, markup |
//! | 2 | `store` | the `Store` port and its engines | model, query |
//! | 2 | `import` | one file per source, each yields drafts | model, markup, form, repo, sys |
//! | 2 | `export` | a change written for other tools | model, markup, form |
//! | 2 | `render` | view structs and the Tera set; returns strings | model, markup |
//! | 2 | `policy` | the rules behind `check`: one rule a file, pure, returns findings | model, query, repo, redact |
//! | 2 | `run` | executes commands and checks and returns outcomes; never stores | model, sys |
//! | 3 | `record` | the one way in: validate, redact, fingerprint, store, event | model, redact, query, store, sys |
//! | 3 | `publish` | page plan and output folder | model, query, store, render, sys |
//! | 4 | `cli` | one file a command, terminal output, error report | all |

#![cfg_attr(
    not(feature = "postgres"),
    allow(irrefutable_let_patterns, reason = "one engine: what asks which it is has one answer")
)]

pub mod cli;
pub mod config;
pub mod export;
pub mod form;
pub mod import;
pub mod markup;
pub mod model;
pub mod policy;
pub mod publish;
pub mod query;
pub mod record;
pub mod redact;
pub mod render;
pub mod repo;
pub mod run;
pub mod store;
pub mod sys;
