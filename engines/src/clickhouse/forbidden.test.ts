import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refuseForbidden } from './forbidden.ts'

const SECRET = "'/etc/passwd'"

describe('refused', () => {
  test.each([
    `SELECT file(${SECRET})`,
    `SELECT \`file\`(${SECRET})`,
    `SELECT "file" /* by */ (${SECRET})`,
    `SELECT * APPLY(file) FROM (SELECT ${SECRET} AS a)`,
    `SELECT arrayMap(file, [${SECRET}])`,
    `SELECT \`f\\x69le\`(${SECRET})`,
    `SELECT 1 -- '\n, file(${SECRET})`,
    `SELECT 1 // '\n, file(${SECRET})`,
    `SELECT 1 # '\n, file(${SECRET})`,
    `SELECT $$'$$, file(${SECRET}), $$'$$`,
    `SELECT $a$'$a$, file(${SECRET}), $a$'$a$`,
    `SELECT ‘'’, file(${SECRET}), ‘'’`,
    `SELECT “'”, file(${SECRET}), “'”`,
    `SELECT 'it''s', file(${SECRET})`,
    `SELECT 'it\\'s', file(${SECRET})`,
    `SELECT "a""'", file(${SECRET}), "'"`,
    `CREATE TABLE t (a String DEFAULT file(${SECRET})) ENGINE = Memory`,
    `INSERT INTO t VALUES (file(${SECRET}))`,
    "SELECT * FROM executable('id', TSV, 'a String')",
    "SELECT 1 INTO OUTFILE 'x'",
    "SELECT 1 into/**/outfile 'x'",
    "SELECT 1 INTO\u200bOUTFILE 'x'",
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = 'http://a')",
    'CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = `disk` (type = s3)',
    "CREATE DATABASE d ENGINE = Backup('x', File('/tmp/x'))",
    'CREATE DATABASE IF NOT EXISTS d ENGINE = Replicated',
    "CREATE TABLE t (a String) ENGINE = Executable('id', TSV)",
    "CREATE OR REPLACE TABLE t (a String) ENGINE `URL`('http://a', TSV)",
    'CREATE MATERIALIZED VIEW v ENGINE=/**/File(CSV) AS SELECT 1',
    "RESTORE TABLE t FROM S3('http://a')",
    "BACKUP TABLE t TO File('x')",
    "(BACKUP TABLE t TO File('x'))",
  ])('%s', (sql) => expect(() => refuseForbidden(sql)).toThrow('ACCESS_DENIED'))
})

describe('allowed', () => {
  test.each([
    "SELECT attributes['file'], 'INTO OUTFILE', 'it\\'s a disk(' FROM spans",
    'SELECT profile, filename, file_name, files FROM t -- file(',
    'SELECT /* file( */ 1',
    'CREATE DATABASE IF NOT EXISTS `weir`',
    'CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 1024',
    "CREATE VIEW v AS SELECT engine FROM system.tables WHERE engine = 'File' AND engine IN ('URL')",
    'SELECT engine x FROM system.tables',
    'ALTER TABLE spans MODIFY COLUMN input String CODEC(ZSTD(3))',
    "SELECT disk_name, 'a/b' FROM system.parts WHERE database = currentDatabase()",
    'SELECT \'Größe\', "naïve" FROM t',
    '',
  ])('%s', (sql) => expect(() => refuseForbidden(sql)).not.toThrow())
})

const piece = fc.oneof(
  fc.constantFrom(
    ...["'", '"', '`', '\\', '\n', '--', '//', '# ', '/*', '*/', '$', '$$', '‘', '’', '(', ')', ' ', ';'],
  ),
  fc.string({ maxLength: 3 }),
)

test('whatever surrounds a quoted text, it is read without end or error of its own', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        refuseForbidden(pieces.join(''))
      } catch (error) {
        expect((error as Error).message).toContain('ACCESS_DENIED')
      }
    }),
  )
})
