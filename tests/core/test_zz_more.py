from hypothesis import settings
settings.register_profile("many", max_examples=8000, deadline=None)
settings.load_profile("many")
from tests.core.test_postmortem_merge_properties import *
