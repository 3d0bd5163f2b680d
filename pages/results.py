"""How good one run is, and where it is wrong."""

import streamlit as st

from imgrec import examples
from imgrec.runs import State, listing, sharing
from imgrec.ui import PAGES, browser, cached, diagram, downloads, draft, heading, live, run_curves, run_menu, selection
from imgrec.ui.results import explore, report

run = selection.from_address()
rows, _ = listing.rows(browser.store())
heading.draw("Results", "query_stats")
if run is not None and run.state is not State.FINISHED:
    live.follow(run)
    if finished := listing.finished(rows):
        other = "See the newest finished run"
        st.page_link(
            PAGES / "results.py", label=other, icon=":material/query_stats:", query_params={"run": finished[0].id}
        )
    st.stop()
shown = run or selection.remembered()
offered = selection.offered(rows, shown)
if not offered:
    with st.container(border=True):
        st.markdown("No run is finished yet. Train a network, and its test accuracy and mistakes appear here.")
        st.page_link(PAGES / "train.py", label="Train a network", icon=":material/model_training:")
        st.page_link(
            PAGES / "results.py",
            label="See an example",
            icon=":material/query_stats:",
            query_params={"run": examples.runs()[0][1].id},
        )
    st.stop()

pick, actions = st.columns([1, 2], vertical_alignment="bottom")
with pick:
    run = selection.pick(offered, shown, "results-run")
example = examples.of(run)
with actions, st.container(horizontal=True, horizontal_alignment="right"):
    if st.button("Try it on pictures", type="primary", icon=":material/image_search:"):
        st.switch_page(PAGES / "predict.py", query_params={"run": run.id})
    if st.button("Compare", icon=":material/balance:", help="With other runs: is one better, or is it luck?"):
        selection.compare(run, offered)
    run_menu.further(run)
    if st.button("Edit a copy", icon=":material/content_copy:", help="Opens this run's network and settings."):
        draft.copy(run)
        st.switch_page(PAGES / "network.py")
    downloads.draw(run)
    if selection.is_own(run):
        run_menu.menu(run)
    else:
        run_menu.use_layers(run)

if sharing.is_shared_copy(run):
    st.info("Somebody shares this run with you: look at it, try it, and edit a copy. Nothing you do changes it.")
if example:
    st.info(example.why, title=f"An example that {'learns well' if example.learns else 'goes wrong'}")
evaluation, config, dataset = run.evaluation(), run.config, run.dataset
assert evaluation is not None
tested = cached.tested(run)
matrix, probabilities, labels = tested.matrix, tested.probabilities, tested.labels
report.numbers(evaluation, matrix, probabilities, labels)
live.remarks(run)
if left := run_menu.kept(run):
    st.caption(f":material/schedule: {left} Download what you want to keep.")
report.how_tested(run, evaluation, matrix, rows)
explore.draw(run)

scores, calibration, curves, network, settings, made = st.tabs(
    ["Classes", "Calibration", "Curves", "Network", "Settings", "How it was made"]
)
with scores:
    report.class_table(matrix, dataset.class_names)
with calibration:
    report.calibration(probabilities, labels)
with curves:
    run_curves.draw(run, run.history())
with network:
    diagram.of_run(run)
with settings:
    report.settings(config)
with made:
    report.made(run, evaluation)
