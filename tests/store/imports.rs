//! What an import asks and keeps: who wrote a change, which change shipped a commit, and how far a source was read.

use shipnote::model::Source;
use shipnote::store::Store;

use super::{Engine, change, event, insert, insert_with};

pub(super) fn a_change_is_as_imported_until_somebody_else_writes_it(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    insert(&mut engine.store, &one);
    for (action, expected) in [("import", true), ("import", true), ("edit", false), ("import", false)] {
        engine
            .store
            .write(&mut |writer| {
                writer.event(&event(&one, action))?;
                assert_eq!(writer.is_as_imported(&one.id)?, expected, "{action}");
                Ok(())
            })
            .unwrap();
    }
}

pub(super) fn a_commit_finds_the_first_change_that_shipped_it(engine: &mut Engine<impl Store>) {
    let hash = "9f2c1e7a9f2c1e7a9f2c1e7a9f2c1e7a9f2c1e7a";
    let shipped = |number| change(number, |change| change.commits = vec!["1111111".into(), hash.into()]);
    insert(&mut engine.store, &shipped(1));
    insert(&mut engine.store, &shipped(2));
    engine
        .store
        .write(&mut |writer| {
            assert_eq!(writer.by_commit(hash)?, Some(change(1, |_| {}).id));
            assert_eq!(writer.by_commit(&hash[..12])?, None, "whole hashes only");
            Ok(())
        })
        .unwrap();
}

pub(super) fn a_digest_and_a_mark_are_exchanged(engine: &mut Engine<impl Store>) {
    let source = Source { kind: "git".into(), key: Some("a".into()) };
    let one = change(1, |change| change.source = source.clone());
    insert_with(&mut engine.store, &one, Some("before"));
    assert_eq!(engine.store.mark("history").unwrap(), None);
    for mark in ["first", "second"] {
        engine
            .store
            .write(&mut |writer| {
                writer.set_digest(&one.id, mark)?;
                writer.set_mark("history", mark)?;
                assert_eq!(writer.by_key(&source)?.unwrap().1.as_deref(), Some(mark));
                Ok(())
            })
            .unwrap();
        assert_eq!((engine.again)().mark("history").unwrap().as_deref(), Some(mark));
    }
    assert_eq!(engine.store.mark("other").unwrap(), None);
}
