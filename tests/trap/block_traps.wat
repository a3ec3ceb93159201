;; Every operation on blocks, given what it must not be given: null, dead, of another type, somebody else's, forged;
;; indexes outside, and pointers outside.
;; expect get_null: trap MON_NULL at=0x4 Text bytes.get: Text expected, found null
;; expect set_null: trap MON_NULL Text bytes.set: Text expected, found null
;; expect len_null: trap MON_NULL Text bytes.len: Text expected, found null
;; expect read_null: trap MON_NULL Text bytes.read: Text expected, found null
;; expect write_null: trap MON_NULL Text bytes.write: Text expected, found null
;; expect load_null: trap MON_NULL Text bytes.load.i64: Text expected, found null
;; expect store_null: trap MON_NULL Text bytes.store.i64: Text expected, found null
;; expect field_null: trap MON_NULL Frame seq.get: Frame expected, found null
;; expect get_freed: trap MON_DEAD Text bytes.get: Text was already freed by this SIP
;; expect set_freed: trap MON_DEAD Text bytes.set: Text was already freed by this SIP
;; expect len_freed: trap MON_DEAD Text bytes.len: Text was already freed by this SIP
;; expect read_freed: trap MON_DEAD Text bytes.read: Text was already freed by this SIP
;; expect write_freed: trap MON_DEAD Text bytes.write: Text was already freed by this SIP
;; expect load_freed: trap MON_DEAD Text bytes.load.i64: Text was already freed by this SIP
;; expect store_freed: trap MON_DEAD Text bytes.store.i64: Text was already freed by this SIP
;; expect free_twice: trap MON_DEAD Text free: Text was already freed by this SIP
;; expect freed_and_reused: trap MON_DEAD Text bytes.get: Text was already freed by this SIP
;; expect wrong_type: trap MON_TYPE Frame seq.get: Frame expected, found Text
;; expect free_wrong_type: trap MON_TYPE Frame free: Frame expected, found Text
;; expect free_endpoint: trap MON_TYPE Text free: Text expected, found Camera.exp
;; expect somebody_elses: trap MON_NOT_OWNER Text bytes.len: Text does not belong to this SIP
;; expect free_somebody_elses: trap MON_NOT_OWNER Text free: Text does not belong to this SIP
;; expect forged: trap MON_TYPE Text bytes.len: Text expected, found a reference that is not of the exchange heap
;; expect forged_high: trap MON_TYPE Text bytes.len: Text expected, found a reference that is not of the exchange heap
;; expect get_at_end: trap X_INDEX Text bytes.get: index 10, but the block has 10 elements
;; expect get_negative: trap X_INDEX Text bytes.get: index 4294967295, but the block has 10 elements
;; expect set_at_end: trap X_INDEX Text bytes.set: index 10, but the block has 10 elements
;; expect set_wide: trap X_INDEX U64 v.set: index 536870912, but the block has 10 elements
;; expect get_empty: trap X_INDEX Text bytes.get: index 0, but the block has 0 elements
;; expect load_over_end: trap X_INDEX Text bytes.load.i64: 8 bytes at 3, but the block has 10
;; expect load_short: trap X_INDEX Text bytes.load.i64: 8 bytes at 0, but the block has 7
;; expect load_far: trap X_INDEX Text bytes.load.i64: 8 bytes at 4294967295, but the block has 10
;; expect store_over_end: trap X_INDEX Text bytes.store.i64: 8 bytes at 3, but the block has 10
;; expect read_over_end: trap X_INDEX Text bytes.read: 5 elements from index 6 on, but the block has 10
;; expect read_wraps: trap X_INDEX Text bytes.read: 4294967295 elements from index 6 on, but the block has 10
;; expect write_over_end: trap X_INDEX Text bytes.write: 11 elements from index 0 on, but the block has 10
;; expect read_far: trap BAD_POINTER Text bytes.read was given 10 bytes at 0xffffffff; the memory has 65536
;; expect read_end: trap BAD_POINTER Text bytes.read was given 10 bytes at 0xfff7; the memory has 65536
;; expect write_far: trap BAD_POINTER Text bytes.write was given 10 bytes at 0x7fffffff; the memory has 65536
;; expect write_wide: trap BAD_POINTER U64 v.write was given 80 bytes at 0xfff0; the memory has 65536
;; expect read_nothing_far: trap BAD_POINTER Text bytes.read was given 0 bytes at 0x10001; the memory has 65536
(module
  (import "singula/Text" "new" (func $new (param i32) (result externref)))
  (import "singula/Text" "free" (func $free (param externref)))
  (import "singula/Text" "bytes.get" (func $get (param externref i32) (result i32)))
  (import "singula/Text" "bytes.set" (func $set (param externref i32 i32)))
  (import "singula/Text" "bytes.len" (func $len (param externref) (result i32)))
  (import "singula/Text" "bytes.read" (func $read (param externref i32 i32 i32)))
  (import "singula/Text" "bytes.write" (func $write (param externref i32 i32 i32)))
  (import "singula/Text" "bytes.load.i64" (func $load (param externref i32) (result i64)))
  (import "singula/Text" "bytes.store.i64" (func $store (param externref i32 i64)))
  (import "singula/Frame" "seq.get" (func $seq (param externref) (result i64)))
  (import "singula/Frame" "free" (func $frame.free (param externref)))
  (import "singula/U64" "new" (func $wide (param i32) (result externref)))
  (import "singula/U64" "v.set" (func $wide.set (param externref i32 i64)))
  (import "singula/U64" "v.write" (func $wide.write (param externref i32 i32 i32)))
  (import "singula/Camera" "channel" (func $channel (result externref)))
  (import "test" "other" (func $other (result externref)))
  (import "test" "forge" (func $forge (param i64) (result externref)))
  (memory 1)
  (func $ten (result externref) (call $new (i32.const 10)))
  (func $dead (result externref) (local $t externref)
    (local.set $t (call $ten)) (call $free (local.get $t)) (local.get $t))
  (func $get_null (export "get_null") (result i32) (call $get (ref.null extern) (i32.const 0)))
  (func $set_null (export "set_null") (result i32) (call $set (ref.null extern) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $len_null (export "len_null") (result i32) (call $len (ref.null extern)))
  (func $read_null (export "read_null") (result i32) (call $read (ref.null extern) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $write_null (export "write_null") (result i32) (call $write (ref.null extern) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $load_null (export "load_null") (result i64) (call $load (ref.null extern) (i32.const 0)))
  (func $store_null (export "store_null") (result i32) (call $store (ref.null extern) (i32.const 0) (i64.const 0)) (i32.const 0))
  (func $field_null (export "field_null") (result i64) (call $seq (ref.null extern)))
  (func $get_freed (export "get_freed") (result i32) (call $get (call $dead) (i32.const 0)))
  (func $set_freed (export "set_freed") (result i32) (call $set (call $dead) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $len_freed (export "len_freed") (result i32) (call $len (call $dead)))
  (func $read_freed (export "read_freed") (result i32) (call $read (call $dead) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $write_freed (export "write_freed") (result i32) (call $write (call $dead) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $load_freed (export "load_freed") (result i64) (call $load (call $dead) (i32.const 0)))
  (func $store_freed (export "store_freed") (result i32) (call $store (call $dead) (i32.const 0) (i64.const 0)) (i32.const 0))
  (func $free_twice (export "free_twice") (result i32) (call $free (call $dead)) (i32.const 0))
  ;; by the time of the use, many other blocks have come and gone
  (func $freed_and_reused (export "freed_and_reused") (result i32) (local $t externref) (local $n i32)
    (local.set $t (call $dead))
    (loop $l
      (drop (call $ten))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (call $get (local.get $t) (i32.const 0)))
  (func $wrong_type (export "wrong_type") (result i64) (call $seq (call $ten)))
  (func $free_wrong_type (export "free_wrong_type") (result i32) (call $frame.free (call $ten)) (i32.const 0))
  (func $free_endpoint (export "free_endpoint") (result i32) (call $free (call $channel)) (i32.const 0))
  (func $somebody_elses (export "somebody_elses") (result i32) (call $len (call $other)))
  (func $free_somebody_elses (export "free_somebody_elses") (result i32) (call $free (call $other)) (i32.const 0))
  (func $forged (export "forged") (result i32) (call $len (call $forge (i64.const 0x1001))))
  (func $forged_high (export "forged_high") (result i32) (call $len (call $forge (i64.const -1))))
  (func $get_at_end (export "get_at_end") (result i32) (call $get (call $ten) (i32.const 10)))
  (func $get_negative (export "get_negative") (result i32) (call $get (call $ten) (i32.const -1)))
  (func $set_at_end (export "set_at_end") (result i32) (call $set (call $ten) (i32.const 10) (i32.const 1)) (i32.const 0))
  (func $set_wide (export "set_wide") (result i32) (call $wide.set (call $wide (i32.const 10)) (i32.const 0x20000000) (i64.const 1)) (i32.const 0))
  (func $get_empty (export "get_empty") (result i32) (call $get (call $new (i32.const 0)) (i32.const 0)))
  (func $load_over_end (export "load_over_end") (result i64) (call $load (call $ten) (i32.const 3)))
  (func $load_short (export "load_short") (result i64) (call $load (call $new (i32.const 7)) (i32.const 0)))
  (func $load_far (export "load_far") (result i64) (call $load (call $ten) (i32.const -1)))
  (func $store_over_end (export "store_over_end") (result i32) (call $store (call $ten) (i32.const 3) (i64.const 1)) (i32.const 0))
  (func $read_over_end (export "read_over_end") (result i32) (call $read (call $ten) (i32.const 6) (i32.const 0) (i32.const 5)) (i32.const 0))
  (func $read_wraps (export "read_wraps") (result i32) (call $read (call $ten) (i32.const 6) (i32.const 0) (i32.const -1)) (i32.const 0))
  (func $write_over_end (export "write_over_end") (result i32) (call $write (call $ten) (i32.const 0) (i32.const 0) (i32.const 11)) (i32.const 0))
  (func $read_far (export "read_far") (result i32) (call $read (call $ten) (i32.const 0) (i32.const -1) (i32.const 10)) (i32.const 0))
  (func $read_end (export "read_end") (result i32) (call $read (call $ten) (i32.const 0) (i32.const 0xfff7) (i32.const 10)) (i32.const 0))
  (func $write_far (export "write_far") (result i32) (call $write (call $ten) (i32.const 0) (i32.const 0x7fffffff) (i32.const 10)) (i32.const 0))
  (func $write_wide (export "write_wide") (result i32) (call $wide.write (call $wide (i32.const 10)) (i32.const 0) (i32.const 0xfff0) (i32.const 10)) (i32.const 0))
  (func $read_nothing_far (export "read_nothing_far") (result i32) (call $read (call $ten) (i32.const 0) (i32.const 0x10001) (i32.const 0)) (i32.const 0)))
