"""The first draft of opsbot.yaml: names matched, text written, questions asked.

`matching.py`, `services.py` and `document.py` are pure; `interview.py` asks people and systems.
"""
