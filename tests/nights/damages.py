"""All the ways in which a draft can be wrong, each as it might come about, and the expectation that has to say so."""

from __future__ import annotations

from damages_of_measures import OF_MEASURES
from damages_of_records import OF_RECORDS

DAMAGES = {**OF_RECORDS, **OF_MEASURES}
