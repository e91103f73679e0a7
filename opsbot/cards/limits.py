"""Slack's limits for a message, and what we allow ourselves below them.

Sources: Slack pages "Block Kit reference", "chat.postMessage", "chat.update",
"conversations.setTopic". The total over all blocks is not documented: posts were refused from
about 11,300 counted characters on (bolt-js issues 2509 and 2867), so we stay well below.
"""

from __future__ import annotations

BLOCKS = 50
HEADER = 150
BUTTON_LABEL = 75
BUTTON_VALUE = 2_000
ACTION_ID = 255
BUTTONS = 25  # elements of one actions block
CONTEXT_ELEMENTS = 10
URL = 3_000
ALT_TEXT = 2_000
IMAGES = 3  # our own: more pictures than that are nothing to look at in one message
FORM_TITLE = 24
FIELD_LABEL = 150  # our own; Slack takes 2,000
FIELD_HINT = 300
PLACEHOLDER = 150
CHOICES = 100
CHOICE = 75
FIELD_TEXT = 3_000
FORM_METADATA = 3_000
TOPIC = 250

BLOCKS_SIZE = 9_000  # every character of the blocks' JSON
TEXT_SIZE = 3_500  # chat.update refuses a text above 4,000
BUTTONS_SIZE = 2_500  # of BLOCKS_SIZE, so that the lines keep the larger part
FOOTER_SIZE = 1_500
NOTE_SIZE = 300

LINE = 1_000  # our own: a longer line is nothing to read on a phone
LABEL = 60
