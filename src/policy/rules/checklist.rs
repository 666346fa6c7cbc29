use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::{Change, ItemState};

pub(super) const RULE: Rule = Rule {
    id: "checklist-open",
    level: Level::Error,
    wants: "Checklists are gone through, and those that are required are there.",
    about: "An item is done, or does not apply for a reason that is written down. Which lists are required is a setting, \
            `[[checklists.require]]`, by kind, tag, path or service.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, facts: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    let mut problems: Vec<_> = change.checklists.keys().filter_map(|name| open(change, name)).collect();
    for name in facts.options.required(change).filter(|name| !change.checklists.contains_key(*name)) {
        let hint = format!("shipnote checklist add {} {name}", change.id);
        problems.push(Problem::new(format!("the checklist {name} is required and not there"), hint));
    }
    problems
}

fn open(change: &Change, name: &str) -> Option<Problem> {
    let items = change.checklists.get(name)?;
    let open: Vec<_> =
        items.iter().filter(|(_, item)| item.state == ItemState::Open).map(|(item, _)| item.as_str()).collect();
    let first = open.first()?;
    let hint = format!("shipnote checklist tick {} {first:?}", change.id);
    Some(Problem::new(format!("the checklist {name} has open items: {}", open.join(", ")), hint))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::{Draft, ItemState, ListItem};

    fn with(state: ItemState) -> impl Fn(&mut Draft) {
        move |draft| {
            let item = ListItem { state, note: Some("why".into()) };
            draft.checklists.insert("security".into(), [("secrets".to_owned(), item)].into());
        }
    }

    #[test]
    fn open_items_are_named() {
        let found = said("checklist-open", with(ItemState::Open), &Beside::default());
        assert_eq!(found, "the checklist security has open items: secrets");
        for state in [ItemState::Done, ItemState::NotApplicable] {
            assert_eq!(said("checklist-open", with(state), &Beside::default()), "");
        }
    }

    #[test]
    fn a_list_that_is_required_must_be_there() {
        let checklists = "require = [{ name = \"security\", when = { kinds = [\"performance\"] } }]";
        let beside = Beside { checklists, ..Beside::default() };
        let found = said("checklist-open", |_| {}, &beside);
        assert_eq!(found, "the checklist security is required and not there");
        assert_eq!(said("checklist-open", with(ItemState::Done), &beside), "");
    }
}
