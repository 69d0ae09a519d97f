"""The frames as methods of `RunHistory`. Written by ``python -m tests.frame_docs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from .engines import FrameEngine, OtherFrameEngine
from .filters import Moment, OneOrMore, RunsArgument

if TYPE_CHECKING:
    import pandas as pd


class _OfRuns(TypedDict, total=False):
    worker: OneOrMore
    status: OneOrMore
    tag: OneOrMore
    starred: bool | None
    note: str | None
    since: Moment
    until: Moment
    limit: int | None


class _OfRows(TypedDict, total=False):
    worker: OneOrMore
    status: OneOrMore
    tag: OneOrMore
    starred: bool | None
    note: str | None
    since: Moment
    until: Moment
    stage: OneOrMore
    limit: int | None


class _OfLines(TypedDict, total=False):
    worker: OneOrMore
    status: OneOrMore
    tag: OneOrMore
    starred: bool | None
    note: str | None
    since: Moment
    until: Moment
    stage: OneOrMore
    level: OneOrMore
    limit: int | None


class _OfSentences(TypedDict, total=False):
    worker: OneOrMore
    status: OneOrMore
    tag: OneOrMore
    starred: bool | None
    note: str | None
    stage: OneOrMore
    limit: int | None


class HistoryFrames:
    """The frames of the history. Each has the same columns and types, whatever its rows."""

    def _frame(self, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any) -> Any:
        raise NotImplementedError

    @overload
    def runs(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRuns],
    ) -> pd.DataFrame: ...
    @overload
    def runs(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRuns],
    ) -> Any: ...
    def runs(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
        since: Moment = None,
        until: Moment = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The runs, one row each, newest first.

        ===============  ===================  ========================================================
        run_id           category
        worker           category
        task             string
        status           category             such as running, waiting, completed, failed, interrupted
        success          boolean              missing until the run has ended
        created_at       datetime64[us, UTC]  when it was added to the history
        started_at       datetime64[us, UTC]
        finished_at      datetime64[us, UTC]
        duration         timedelta64[us]      from start to end
        tokens           Int64
        input_tokens     Int64                a part of ``tokens``
        output_tokens    Int64                a part of ``tokens``
        cost             Float64              as the worker reports it, over all stages
        stages_done      Int64                stages at the top of the tree that are complete
        stages_total     Int64                stages at the top of the tree
        artifacts        Int64                number of artifacts
        violations       Int64                number of policy violations
        failures         Int64                number of failures
        recoveries       Int64                number of recoveries that were started
        max_drift        Float64              the greatest drift, 0 to 1
        mean_complexity  Float64              the mean over the routing decisions, 0 to 1
        error            string               why it failed or was cancelled
        replay_of        category             the run that was executed again
        parent_run_id    category             the run that it was forked or retried from
        source           category             the server's address, or what else the run came from
        tags             object, list of str
        starred          boolean
        note             string
        events           Int64                number of events
        lines            Int64                number of log lines
        strict_mode      boolean              missing where it is unknown, like the following three
        depth            category             auto, shallow or deep
        budget           Int64                tokens; also missing where none was set
        has_brand        boolean
        ===============  ===================  ========================================================
        """
        return self._frame(
            "runs",
            engine,
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            limit=limit,
        )

    @overload
    def stages(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def stages(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def stages(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def logs(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfLines],
    ) -> pd.DataFrame: ...
    @overload
    def logs(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfLines],
    ) -> Any: ...
    def logs(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            level=level,
            limit=limit,
        )

    @overload
    def routing(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def routing(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def routing(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def policy(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def policy(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def policy(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def drift(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def drift(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def drift(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def failures(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def failures(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def failures(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def recoveries(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def recoveries(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def recoveries(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def artifacts(
        self,
        runs: RunsArgument = None,
        *,
        content: bool = False,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def artifacts(
        self,
        runs: RunsArgument = None,
        *,
        content: bool = False,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def artifacts(
        self,
        runs: RunsArgument = None,
        *,
        content: bool = False,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The artifacts, one row each, in their newest version.

        ==========  ===================  ==============================================
        run_id      category
        name        category             the file name
        type        category             html, css, md, json, txt or another
        stage_id    category
        created_at  datetime64[us, UTC]  when this version was complete, missing before
        chars       Int64                length in Unicode code points
        sha256      string               of its UTF-8 bytes, in hex
        version     Int64                number of the version, from 1
        status      category             assembling, done or failed
        ==========  ===================  ==============================================
        """
        return self._frame(
            "artifacts",
            engine,
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
            content=content,
        )

    @overload
    def events(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def events(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def events(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def ledger(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def ledger(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def ledger(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def incidents(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def incidents(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def incidents(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def warnings(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfRows],
    ) -> pd.DataFrame: ...
    @overload
    def warnings(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfRows],
    ) -> Any: ...
    def warnings(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
        since: Moment = None,
        until: Moment = None,
        stage: OneOrMore = None,
        limit: int | None = None,
        engine: FrameEngine = "pandas",
    ) -> Any:
        """The warnings about the results, one row each, the most important of a run first.

        =========  ===================  =======================================================
        run_id     category
        seq        Int64                position of its event, 0 for a warning without an event
        timestamp  datetime64[us, UTC]  when the worker emitted it
        stage_id   category
        code       category             the kind of warning
        message    string
        =========  ===================  =======================================================
        """
        return self._frame(
            "warnings",
            engine,
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            since=since,
            until=until,
            stage=stage,
            limit=limit,
        )

    @overload
    def sources(
        self,
        runs: RunsArgument = None,
        *,
        engine: Literal["pandas"] = "pandas",
        **filters: Unpack[_OfSentences],
    ) -> pd.DataFrame: ...
    @overload
    def sources(
        self,
        runs: RunsArgument = None,
        *,
        engine: OtherFrameEngine,
        **filters: Unpack[_OfSentences],
    ) -> Any: ...
    def sources(
        self,
        runs: RunsArgument = None,
        *,
        worker: OneOrMore = None,
        status: OneOrMore = None,
        tag: OneOrMore = None,
        starred: bool | None = None,
        note: str | None = None,
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
            runs=runs,
            worker=worker,
            status=status,
            tag=tag,
            starred=starred,
            note=note,
            stage=stage,
            limit=limit,
        )
