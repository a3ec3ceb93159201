;; Quotas: alloc gives null, new traps, and what is freed can be had again.
;; spawn: max_blocks=4 max_block_bytes=65536
;; expect alloc_gives_null: leaves 1
;; expect freed_is_there_again: leaves 1
;; expect too_large: returns 1
;; expect channel_gives_null: leaves 1
;; expect new_traps: trap X_EXHAUSTED Text new: no room for a block of 100 elements; the SIP has 4 of 4 blocks
;; expect new_too_large: trap X_EXHAUSTED Text new: no room for a block of 4294967295 elements
(module
  (import "singula/Text" "new" (func $new (param i32) (result externref)))
  (import "singula/Text" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $free (param externref)))
  (import "singula/Camera" "channel" (func $channel (result externref)))
  (import "test" "leave" (func $leave (param i64)))
  (func $alloc_gives_null (result i32)
    (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1)))
    (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1)))
    (ref.is_null (call $alloc (i32.const 1))))
  (func $freed_is_there_again (result i32) (local $t externref) (local $n i32)
    (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1))) (drop (call $new (i32.const 1)))
    (loop $l
      (call $free (call $new (i32.const 50000)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (i32.eqz (ref.is_null (call $alloc (i32.const 1)))))
  (func (export "too_large") (result i32)
    (i32.and (ref.is_null (call $alloc (i32.const 65537)))
      (i32.and (ref.is_null (call $alloc (i32.const -1))) (ref.is_null (call $alloc (i32.const 0x7fffffff))))))
  (func $channel_gives_null (result i32)
    (drop (call $channel)) (drop (call $channel)) (ref.is_null (call $channel)))
  (func $new_traps (export "new_traps") (result i32) (loop $l (drop (call $new (i32.const 100))) (br $l)) (unreachable))
  (func $new_too_large (export "new_too_large") (result i32) (drop (call $new (i32.const -1))) (i32.const 0))
  ;; these end while they own something
  (func (export "alloc_gives_null") (call $leave (i64.extend_i32_s (call $alloc_gives_null))))
  (func (export "freed_is_there_again") (call $leave (i64.extend_i32_s (call $freed_is_there_again))))
  (func (export "channel_gives_null") (call $leave (i64.extend_i32_s (call $channel_gives_null)))))
