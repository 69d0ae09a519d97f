"""The frames as methods of `Run`. Written by ``python -m tests.frame_docs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from .engines import FrameEngine, OtherFrameEngine
from .filters import Moment, OneOrMore

if TYPE_CHECKING:
    import pandas as pd


class _OfRows(TypedDict, total=False):
    since: Moment
    until: Moment
    stage: OneOrMore
    limit: int | None


class _OfLines(TypedDict, total=False):
    since: Moment
    until: Moment
    stage: OneOrMore
    level: OneOrMore
    limit: int | None


class _OfSentences(TypedDict, total=False):
    stage: OneOrMore
    limit: int | None


class RunFrames:
    """The frames of one run. Each has the same columns and types, whatever its rows."""

    def _frame(self, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any) -> Any:
        raise NotImplementedError

    @overload
    def stages(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def stages(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def stages(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The stages, one row each, in the order of their tree: each before those inside it.

        =============  ===================  ========================================================
        run_id         category
        stage_id       category
        parent_id      category             the stage around it, missing at the top
        depth          Int64                0 at the top
        kind           category             stage, agent, model, tool, retrieval or reasoning
        name           string               display name
        position       Int64                number in the run, in the order of the first mention
        status         category             such as pending, running, completed, failed or recovered
        agent          category
        model          category             the language model that it used
        started_at     datetime64[us, UTC]
        finished_at    datetime64[us, UTC]
        duration       timedelta64[us]      the worker's figure, over all attempts
        tokens         Int64                likewise
        input_tokens   Int64                a part of ``tokens``
        output_tokens  Int64                a part of ``tokens``
        cost           Float64              as the worker reports it, over all attempts
        drift          Float64              0 to 1
        complexity     Float64              0 to 1
        confidence     Float64              that of the last routing decision, 0 to 1
        attempts       Int64                number of attempts
        recovered      boolean              whether it completed after a failure or recovery
        error          string
        input          string               JSON
        output         string               JSON
        traceback      string
        currency       category             of ``cost``
        done           Float64              its newest progress
        total          Float64              what ``done`` is a part of, missing where it is unknown
        unit           category             of ``done`` and ``total``
        recoveries     Int64                recoveries that were started
        violations     Int64                policy violations
        reused_from    category             the run that it was taken over from, by a fork
        =============  ===================  ========================================================
        """
        return self._frame(
            "stages",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def logs(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfLines],
    ) -> pd.DataFrame: ...
    @overload
    def logs(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfLines],
    ) -> Any: ...
    def logs(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        level: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The log lines, one row each.

        =========  ===================  ========================================
        run_id     category
        seq        Int64                position of its event in the run, from 1
        timestamp  datetime64[us, UTC]  when the worker emitted it
        level      category, ordered    debug < info < warning < error
        stage_id   category
        agent      category
        message    string               plain text, without control sequences
        =========  ===================  ========================================
        """
        return self._frame(
            "logs",
            engine,
            since=since,
            until=until,
            stage=stage,
            level=level,
            limit=limit,
        )

    @overload
    def routing(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def routing(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def routing(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The routing decisions, one row each.

        ==============  ===================  =================================================
        run_id          category
        seq             Int64                position of its event in the run, from 1
        timestamp       datetime64[us, UTC]  when the worker emitted it
        stage_id        category
        agent           category             the selected agent
        complexity      Float64              how demanding the stage is, 0 to 1
        confidence      Float64              how clear the lead over the next agent is, 0 to 1
        alternatives    object               list of ``{agent, score, reason}``
        routing_source  category
        score           Float64              of the selected agent, 0 to 1
        reason          string               why it was selected
        ==============  ===================  =================================================
        """
        return self._frame(
            "routing",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def policy(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def policy(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def policy(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The policy checks and violations, one row each.

        ==============  ===================  ============================================
        run_id          category
        seq             Int64                position of its event in the run, from 1
        timestamp       datetime64[us, UTC]  when the worker emitted it
        stage_id        category
        policy          category
        passed          boolean              missing for a violation
        severity        category             of a violation, like the following columns
        violation_type  category
        pattern         string               what was found
        location        category             where the text is, such as ``brand.tagline``
        reason          string
        ==============  ===================  ============================================
        """
        return self._frame(
            "policy",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def drift(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def drift(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def drift(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The drift measurements, one row each.

        =========  ===================  =========================================
        run_id     category
        seq        Int64                position of its event in the run, from 1
        timestamp  datetime64[us, UTC]  when the worker emitted it
        stage_id   category
        score      Float64              0 to 1
        threshold  Float64              0 to 1
        aligned    boolean              whether the score is within the threshold
        =========  ===================  =========================================
        """
        return self._frame(
            "drift",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def failures(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def failures(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def failures(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The failures, one row for each event that reports or classifies one.

        =========  ===================  ========================================
        run_id     category
        seq        Int64                position of its event in the run, from 1
        timestamp  datetime64[us, UTC]  when the worker emitted it
        stage_id   category
        code       category             the worker's code of the failure
        category   category
        severity   category
        error      string
        =========  ===================  ========================================
        """
        return self._frame(
            "failures",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def recoveries(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def recoveries(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def recoveries(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The recoveries, one row for each suggestion, start and end.

        =========  ===================  ================================================
        run_id     category
        seq        Int64                position of its event in the run, from 1
        timestamp  datetime64[us, UTC]  when the worker emitted it
        stage_id   category
        action     category
        success    boolean              the result; missing for a suggestion and a start
        detail     string               the suggestions as JSON
        =========  ===================  ================================================
        """
        return self._frame(
            "recoveries",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def events(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def events(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def events(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The events, one row each.

        ===========  ===================  =====================================================
        run_id       category
        seq          Int64                position of its event in the run, from 1
        timestamp    datetime64[us, UTC]  when the worker emitted it
        received_at  datetime64[us, UTC]  when it was added to the history
        type         category
        stage_id     category
        data         string               its data as JSON, or the whole text if it is not JSON
        ===========  ===================  =====================================================
        """
        return self._frame(
            "events",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def ledger(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def ledger(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def ledger(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """Failures, policy, drift, recovery and replay verdicts, one row each.

        =========  ===================  =================================================
        run_id     category
        seq        Int64                position of its event in the run, from 1
        timestamp  datetime64[us, UTC]  when the worker emitted it
        stage_id   category
        number     Int64                number in the run, from 1
        kind       category             failure, policy, drift, recovery or replay
        engine     category             M4, M9, M10, M18 or M19
        outcome    category             ok, info, warning or error
        title      string
        detail     string               further fields, ``label: text`` on each line
        incident   Int64                number of its incident, 0 for a check that passed
        =========  ===================  =================================================
        """
        return self._frame(
            "ledger",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def incidents(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def incidents(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def incidents(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The incidents, one row each: what was found, what was tried, and how it ended.

        ===========  ===================  ============================================================
        run_id       category
        number       Int64                number in the run, from 1; the ledger has it as ``incident``
        stage_id     category
        stage        string               display name of the stage
        kind         category             failure, policy, drift, recovery or replay
        outcome      category             open, recovered, not_recovered, reported or passed
        severity     category             error or warning
        title        string               a sentence about all of it
        found        string               what was found
        tried        string               what was tried, in order, separated by commas
        before       string               the wording, or the drift, before a recovery
        after        string               the same after it
        location     category             where the text is, such as ``brand.tagline``
        code         category             the worker's code of the failure
        recoveries   Int64                recoveries that were started
        started_at   datetime64[us, UTC]  time of its first event
        finished_at  datetime64[us, UTC]  time of its last event
        duration     timedelta64[us]      the time between them
        events       Int64                number of its events
        seq          Int64                position of its first event
        last_seq     Int64                position of its last event
        ===========  ===================  ============================================================
        """
        return self._frame(
            "incidents",
            engine,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def sources(
        self,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfSentences],
    ) -> pd.DataFrame: ...
    @overload
    def sources(
        self,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfSentences],
    ) -> Any: ...
    def sources(
        self,
        *,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The sentences of the artifacts with their sources, one row each; none where the worker sent none.

        ========  ========  ========================================================
        run_id    category
        name      category  the artifact's file name
        sentence  string    as it is in the artifact's text, where it may be escaped
        start     Int64     its first code point in the text, from 0
        end       Int64     the code point after its last
        source    category  brief (the task's words), brand, rule or model
        stage_id  category  the stage that wrote it
        ========  ========  ========================================================
        """
        return self._frame(
            "sources",
            engine,
            stage=stage,
            limit=limit,
        )
