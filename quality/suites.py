"""All hand-written expectations: relations between tables, rules of measures, conservation, time order and drift."""

from __future__ import annotations

from quality.conservation import CONSERVATION
from quality.measures import MEASURES
from quality.order import ORDER
from quality.relations import RELATIONS as BETWEEN_TABLES

RELATIONS = (*BETWEEN_TABLES, *MEASURES, *CONSERVATION, *ORDER)
