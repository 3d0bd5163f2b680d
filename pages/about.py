"""What this server lets its visitors do, what it keeps of them, and for how long."""

import streamlit as st

from imgrec import __version__, profiles
from imgrec.ui import browser, heading

profile = profiles.current()
heading.draw("About", "info")
st.markdown(
    f"imgrec {__version__} builds, trains and explains small image classifiers. It is free software: on a computer of "
    "your own it has none of the limits of a server, and its README says how to start it there."
)
if profile.private:
    st.subheader("What is yours here", anchor=False)
    kept = (
        f"What has rested for {profile.hours_kept} hours is removed: download before that what you want to keep."
        if profile.hours_kept
        else "Runs lie on the server until you delete them."
    )
    st.markdown(
        "There is no account. Nobody else sees your runs, drafts and pictures, unless you share a run by a link. "
        f"{kept} Pictures that you try a network on are not stored: they "
        "stay in memory while the page is open."
    )
    if browser.is_in_address():
        st.warning(
            "This host passes no cookies on, so the address of this page is your key: bookmark it to come back to "
            "your runs, and do not pass it on. To show somebody a run, use *Share* in its menu.",
            icon=":material/key:",
        )
    else:
        st.markdown(
            "A random name in a cookie tells your browser from others. Another browser, or this one without its "
            "cookies, begins anew."
        )
    st.subheader("What this server allows", anchor=False)
else:
    st.subheader("Settings of this server", anchor=False)
    st.markdown(
        "It serves this computer: whoever opens it sees and starts every run. `IMGREC_PROFILE=hosted` gives each "
        "visitor runs of their own and limits what they take; docs/deploy.md has the steps."
    )
st.dataframe(
    [{"Setting": title, "Value": value, "Meaning": meaning} for title, value, meaning in profiles.lines(profile)],
    hide_index=True,
    height="content",
    column_config={"Meaning": st.column_config.TextColumn(width="large")},
)
