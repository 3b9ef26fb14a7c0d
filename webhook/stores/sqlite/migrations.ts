/**
 * The schema, step by step: the file's `user_version` counts those that it has. One that was released is never changed.
 *
 * Indexes hold the rules of a lane, not checks of the program:
 * - `run_holds`: at most one run of a lane is running or waiting;
 * - `run_newest`: at most one of a lane with the policy `newest` is queued.
 *
 * `next` marks the runs that a worker may get: of each lane whose runs all are queued the first, and what waits. It is kept by whoever changes a state,
 * in the same transaction. So a claim reads the first entry of each source in `run_next`, whatever is stored: a lane with 100,000 queued runs has one
 * entry there, and is not stepped over run by run while its first one runs or rests.
 *
 * `due_at` is for a queued run when it may start, for a running one when its lease is over, for a waiting one when it goes on at the latest.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT NOT NULL, base INTEGER NOT NULL) STRICT;
  CREATE TABLE fence (last INTEGER NOT NULL) STRICT;
  INSERT INTO fence VALUES (0);
  CREATE TABLE config (hash TEXT PRIMARY KEY, text TEXT NOT NULL, kept_at INTEGER NOT NULL) STRICT;

  CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    provider_id TEXT,
    received_at INTEGER NOT NULL,
    headers TEXT NOT NULL,
    events TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX delivery_source ON delivery (source, seq);
  CREATE INDEX delivery_received ON delivery (received_at);

  -- Outlives the delivery: what was accepted once is known for ever.
  CREATE TABLE accepted (
    source TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    delivery TEXT NOT NULL,
    runs TEXT NOT NULL,
    PRIMARY KEY (source, provider_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE lane (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    policy TEXT NOT NULL CHECK (policy IN ('newest', 'every'))
  ) STRICT;

  CREATE TABLE run (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    lane INTEGER NOT NULL REFERENCES lane (seq),
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    next INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    cancel INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    -- The last delivery when it was claimed: what waits counts the events that came after.
    claimed_after INTEGER,
    waken_by TEXT,
    pipeline TEXT NOT NULL,
    route TEXT NOT NULL,
    cancel_running INTEGER NOT NULL,
    config_hash TEXT NOT NULL,
    timeout INTEGER NOT NULL,
    rerun_of TEXT,
    reason TEXT,
    event TEXT NOT NULL,
    input TEXT NOT NULL,
    result TEXT,
    error TEXT,
    CHECK ((state IN ('queued', 'running', 'waiting')) = (ended_at IS NULL)),
    CHECK (next = 0 OR state IN ('queued', 'waiting'))
  ) STRICT;
  CREATE UNIQUE INDEX run_holds ON run (lane) WHERE state IN ('running', 'waiting');
  CREATE UNIQUE INDEX run_newest ON run (lane) WHERE state = 'queued' AND policy = 'newest';
  CREATE UNIQUE INDEX run_first ON run (lane) WHERE next = 1;
  CREATE INDEX run_next ON run (due_at, seq) WHERE next = 1;
  CREATE INDEX run_queued ON run (lane, seq) WHERE state = 'queued';
  CREATE INDEX run_waken ON run (waken_by ->> 'kind') WHERE state = 'waiting';
  CREATE INDEX run_ended ON run (ended_at) WHERE ended_at IS NOT NULL;
  CREATE INDEX run_state ON run (state, seq);
  CREATE INDEX run_lane ON run (lane, seq);
  CREATE INDEX run_delivery ON run (delivery, seq);

  CREATE TABLE journal (
    run INTEGER NOT NULL REFERENCES run (seq) ON DELETE CASCADE,
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    result TEXT NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (run, step, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE log (
    run INTEGER NOT NULL REFERENCES run (seq) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run, line)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE delivery ADD COLUMN refused TEXT;

  -- As accepted: what was accepted once is known for ever, under whatever id it comes again.
  CREATE TABLE content (
    source TEXT NOT NULL,
    hash TEXT NOT NULL,
    delivery TEXT NOT NULL,
    runs TEXT NOT NULL,
    PRIMARY KEY (source, hash)
  ) STRICT, WITHOUT ROWID;

  -- Runs of a delivery that has many, before they are queued. They count when the delivery is there.
  CREATE TABLE staged (
    delivery TEXT NOT NULL,
    first INTEGER NOT NULL,
    staged_at INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (delivery, first)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE run ADD COLUMN source TEXT NOT NULL DEFAULT '';
  UPDATE run SET source = (SELECT source FROM delivery WHERE delivery.seq = run.delivery);
  DROP INDEX run_next;
  CREATE INDEX run_next ON run (source, due_at, seq) WHERE next = 1;
  CREATE INDEX run_paced ON run (source, due_at) WHERE state = 'queued';

  -- The sources take turns: the fence of the last claim of each.
  CREATE TABLE turn (source TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO turn SELECT DISTINCT source, 0 FROM run;

  CREATE TABLE in_force (one INTEGER PRIMARY KEY CHECK (one = 1), hash TEXT NOT NULL) STRICT;
  `,
  `
  -- Keys of steps that are done once among all runs, and the run that has each.
  CREATE TABLE step_key (
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    run TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    PRIMARY KEY (step, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Of the processes in which a run goes on: by it and the worker's, others see that they are gone.
  ALTER TABLE run ADD COLUMN process_group INTEGER;
  `,
  `
  -- What is told of a run elsewhere: see endings of a report in webhook/store-reports.ts.
  CREATE TABLE report (
    run INTEGER NOT NULL REFERENCES run (seq) ON DELETE CASCADE,
    reporter TEXT NOT NULL,
    -- What the run is about, and its repository and commit in one: of these, one report of a reporter is sent at a time.
    subject TEXT,
    place TEXT,
    route TEXT NOT NULL,
    -- Rises with each change of what is told, and how far that was told.
    wanted INTEGER NOT NULL DEFAULT 1,
    sent INTEGER NOT NULL DEFAULT 0,
    wanted_at INTEGER NOT NULL,
    -- When a worker may have it, or when the lease of its sender is over; NULL: there is nothing to tell.
    due_at INTEGER,
    sender TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    -- What was told last, by which it is seen that there is nothing new.
    shown TEXT,
    told_at INTEGER,
    error TEXT,
    warned INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, reporter)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX report_due ON report (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX report_sender ON report (sender) WHERE sender IS NOT NULL;
  CREATE INDEX report_place ON report (place, reporter) WHERE place IS NOT NULL;

  -- The change of a Flux repository that a run has made, and what has become of it.
  CREATE TABLE rollout (
    run INTEGER PRIMARY KEY REFERENCES run (seq) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    number INTEGER,
    state TEXT NOT NULL,
    commit_sha TEXT,
    message TEXT,
    at INTEGER NOT NULL,
    object TEXT,
    objects TEXT NOT NULL DEFAULT '{}',
    images TEXT NOT NULL DEFAULT '[]',
    -- When its provider is to be asked, or the lease of who asks is over; NULL: it is not. From then on nothing is waited for any more.
    due_at INTEGER,
    expires_at INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX rollout_due ON rollout (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX rollout_repository ON rollout (repository, number);
  CREATE INDEX rollout_commit ON rollout (commit_sha) WHERE commit_sha IS NOT NULL;
  CREATE INDEX rollout_open ON rollout (state) WHERE state IN ('merged', 'unready');

  ALTER TABLE delivery ADD COLUMN proven INTEGER NOT NULL DEFAULT 1;
  `,
  `
  -- Acts of people. Nothing is changed or removed here.
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('token', 'slack', 'cli', 'signal')),
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'an audit is never changed'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'an audit is never removed'); END;
  `,
  `
  ALTER TABLE rollout ADD COLUMN later TEXT NOT NULL DEFAULT '[]';
  `,
  `
  -- The repository that is asked, or the route of a run of which nobody knows what it is about.
  ALTER TABLE report ADD COLUMN queue TEXT NOT NULL DEFAULT '';
  UPDATE report SET queue = coalesce(substr(place, 1, instr(place, ' ') - 1), route);
  DROP INDEX report_due;
  CREATE INDEX report_due ON report (queue, due_at) WHERE due_at IS NOT NULL;

  -- The queues take turns: when each was claimed last, in order, and until when it rests after attempts that have failed.
  CREATE TABLE report_queue (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  INSERT INTO report_queue (name) SELECT DISTINCT queue FROM report;
  `,
  `
  -- Which ways there are for an act is the program's to say.
  ALTER TABLE audit RENAME TO older_audit;
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    how TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  INSERT INTO audit SELECT * FROM older_audit;
  DROP TABLE older_audit;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'an audit is never changed'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'an audit is never removed'); END;
  `,
  `
  -- Whether a run was skipped as its event is out of date.
  ALTER TABLE run ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The Flux repositories that are asked take turns as those of reports do. Of each, one look is under way: whose it is, of which run, and until when.
  CREATE TABLE look_queue (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER NOT NULL DEFAULT 0,
    looker TEXT,
    run INTEGER,
    fence INTEGER
  ) STRICT, WITHOUT ROWID;
  INSERT INTO look_queue (name) SELECT DISTINCT repository FROM rollout;
  DROP INDEX rollout_due;
  CREATE INDEX rollout_due ON rollout (repository, due_at) WHERE due_at IS NOT NULL;
  `,
];
