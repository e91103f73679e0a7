"""What somebody is called who has a role, and what they have to do, in two sentences for three in
the morning."""

from __future__ import annotations

from opsbot.core.entry import Role

ROLE_NAME = {
    Role.LEAD: "the lead", Role.DEPUTY: "the deputy",
    Role.COMMUNICATIONS: "the communications lead", Role.SCRIBE: "the scribe",
    Role.TECH_LEAD: "the tech lead", Role.EXPERT: "an expert",
}  # fmt: skip

GUIDE = {
    Role.LEAD: (
        "You decide, and you do not debug: say who does what, and keep asking what comes next.",
        "Post an update when something is known, and hand over before you are tired.",
    ),
    Role.DEPUTY: (
        "Take from the lead whatever can be taken: people to find, time to keep, questions.",
        "Be ready to lead; until then the lead decides.",
    ),
    Role.COMMUNICATIONS: (
        "Write what customers and the company are told, and when they hear more.",
        "Ask the lead before anything goes outside; update keeps both texts apart.",
    ),
    Role.SCRIBE: (
        "Put what is seen, decided and done on the timeline, with its time: note, or a pushpin.",
        "Ask when a decision went by without a reason.",
    ),
    Role.TECH_LEAD: (
        "Lead the work on the systems: what is looked at, what is changed, and by whom.",
        "Tell the lead before anything is changed, and what came of it.",
    ),
    Role.EXPERT: (
        "You were asked because you know the system: say what you see and what you would do.",
        "Say what you do not know, too; change things only with the lead's word.",
    ),
}
