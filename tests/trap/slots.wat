;; Slots: what is kept from call to call.
;; expect empty_gives_null: returns 1
;; expect null_into_empty: returns 1
;; expect store_and_get: returns 77
;; expect swap_gives_the_old: returns 12
;; expect every_slot: returns 28
;; expect kept_after_the_call: returns 5
;; expect frozen_share_in_a_slot: returns 9
;; expect end_in_a_slot: returns 4
;; expect end_with_message_in_a_slot: returns 6
;; expect last_slot: returns 1
;; expect out_of_range: trap X_INDEX Text slot.swap: slot 8, but there are 8
;; expect out_of_range_null: trap X_INDEX Text slot.swap: slot 4294967295, but there are 8
;; expect out_of_range_frozen: trap X_INDEX Tree frozen.slot.swap: slot 4, but there are 4
;; expect out_of_range_end: trap X_INDEX Paper slot.exp.Idle.swap: slot 3, but there are 3
;; expect used_after_store: trap MON_DEAD Text bytes.get: Text was stored in a slot by this SIP; swap it out to use it
;; expect freed_after_store: trap MON_DEAD Text free: Text was stored in a slot by this SIP; swap it out to use it
;; expect stored_twice: trap MON_DEAD Text slot.swap: Text was stored in a slot by this SIP; swap it out to use it
;; expect old_name_after_swap: trap MON_DEAD Text bytes.get: Text was stored in a slot by this SIP; swap it out to use it
;; expect store_freed: trap MON_DEAD Text slot.swap: Text was already freed by this SIP
;; expect store_wrong_type: trap MON_TYPE Text slot.swap: Text expected, found Tree
;; expect store_frozen_in_plain: trap MON_TYPE Text slot.swap: Text expected, found frozen Text
;; expect store_plain_in_frozen: trap MON_TYPE Tree frozen.slot.swap: frozen Tree expected, found Tree
;; expect store_incomplete: trap MON_FIELD_EMPTY Frame slot.swap: field title of Frame is empty
;; expect store_end_in_wrong_state: trap MON_STATE Paper slot.exp.Idle.swap: Paper.exp is in state Busy; to be given away here it must be in state Idle
;; expect store_end_of_wrong_role: trap MON_ROLE Paper slot.imp.Busy.swap: Paper.imp in state Busy expected, found Paper.exp
;; expect store_looked_at: trap MON_STATE Paper slot.exp.Idle.swap: Paper.exp has message Print to be received before it can be given away
;; expect store_block_as_end: trap MON_TYPE Paper slot.exp.Idle.swap: Paper.exp in state Idle expected, found Text
;; expect old_lost: trap MON_LEAK Text is still owned
;; expect stored_and_trapped: trap UNREACHABLE
(module
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Text" "free" (func $free (param externref)))
  (import "singula/Text" "freeze" (func $freeze (param externref) (result externref)))
  (import "singula/Text" "bytes.get" (func $get (param externref i32) (result i32)))
  (import "singula/Text" "bytes.set" (func $set (param externref i32 i32)))
  (import "singula/Text" "slot.swap" (func $swap (param i32 externref) (result externref)))
  (import "singula/Tree" "new" (func $tree (result externref)))
  (import "singula/Tree" "free" (func $tree.free (param externref)))
  (import "singula/Tree" "freeze" (func $tree.freeze (param externref) (result externref)))
  (import "singula/Tree" "share" (func $tree.share (param externref) (result externref)))
  (import "singula/Tree" "key.get" (func $key (param externref) (result i64)))
  (import "singula/Tree" "key.set" (func $key.set (param externref i64)))
  (import "singula/Tree" "frozen.slot.swap" (func $tree.swap (param i32 externref) (result externref)))
  (import "singula/Frame" "new" (func $frame (param i32) (result externref)))
  (import "singula/Frame" "slot.swap" (func $frame.swap (param i32 externref) (result externref)))
  (import "singula/Paper" "channel" (func $paper (result externref)))
  (import "singula/Paper" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Paper" "imp.send.Print" (func $print (param externref i32 externref)))
  (import "singula/Paper" "exp.recv.Print" (func $recv (param externref i32) (result externref)))
  (import "singula/Paper" "exp.send.Printed" (func $printed (param externref i32)))
  (import "singula/Paper" "imp.recv.Printed" (func $recv.printed (param externref i32)))
  (import "singula/Paper" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/Paper" "exp.abandon" (func $exp.abandon (param externref)))
  (import "singula/Paper" "imp.abandon" (func $imp.abandon (param externref)))
  (import "singula/Paper" "slot.exp.Idle.swap" (func $idle (param i32 externref) (result externref)))
  (import "singula/Paper" "slot.imp.Busy.swap" (func $busy (param i32 externref) (result externref)))
  (memory 1)
  ;; a Text of one byte
  (func $one (param $x i32) (result externref) (local $t externref)
    (local.set $t (call $text (i32.const 1))) (call $set (local.get $t) (i32.const 0) (local.get $x)) (local.get $t))
  ;; stores, and there was nothing
  (func $keep (param $i i32) (param $t externref)
    (if (i32.eqz (ref.is_null (call $swap (local.get $i) (local.get $t)))) (then (unreachable))))
  (func $frozen (param $k i64) (result externref) (local $t externref)
    (local.set $t (call $tree)) (call $key.set (local.get $t) (local.get $k)) (call $tree.freeze (local.get $t)))
  ;; what the byte is in a slot; the block ends
  (func $eat (param $i i32) (result i32) (local $t externref)
    (local.set $t (call $swap (local.get $i) (ref.null extern)))
    (call $get (local.get $t) (i32.const 0)) (call $free (local.get $t)))

  (func (export "empty_gives_null") (result i32) (ref.is_null (call $swap (i32.const 3) (ref.null extern))))
  (func (export "null_into_empty") (result i32)
    (drop (call $swap (i32.const 3) (ref.null extern))) (ref.is_null (call $tree.swap (i32.const 3) (ref.null extern))))
  (func (export "store_and_get") (result i32) (call $keep (i32.const 0) (call $one (i32.const 77))) (call $eat (i32.const 0)))
  (func (export "swap_gives_the_old") (result i32) (local $t externref) (local $n i32)
    (call $keep (i32.const 5) (call $one (i32.const 1)))
    (local.set $t (call $swap (i32.const 5) (call $one (i32.const 2))))
    (local.set $n (i32.mul (i32.const 10) (call $get (local.get $t) (i32.const 0)))) (call $free (local.get $t))
    (i32.add (local.get $n) (call $eat (i32.const 5))))
  (func (export "every_slot") (result i32) (local $i i32) (local $n i32)
    (loop $l (call $keep (local.get $i) (call $one (local.get $i)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (loop $l (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $n (i32.add (local.get $n) (call $eat (local.get $i))))
      (br_if $l (local.get $i)))
    (local.get $n))
  ;; no leak: it stays where it is, and ends with the SIP
  (func (export "kept_after_the_call") (result i32)
    (call $keep (i32.const 0) (call $one (i32.const 1))) (call $keep (i32.const 1) (call $one (i32.const 2)))
    (drop (call $tree.swap (i32.const 0) (call $frozen (i64.const 4)))) (i32.const 5))
  (func (export "frozen_share_in_a_slot") (result i64) (local $t externref)
    (local.set $t (call $frozen (i64.const 9)))
    (drop (call $tree.swap (i32.const 1) (call $tree.share (local.get $t))))
    (call $tree.free (local.get $t))
    (local.set $t (call $tree.swap (i32.const 1) (ref.null extern)))
    (call $key (local.get $t)) (call $tree.free (local.get $t)))
  (func (export "end_in_a_slot") (result i32) (local $e externref) (local $i externref)
    (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $print (local.get $i) (i32.const 4) (call $frozen (i64.const 1)))
    (drop (call $busy (i32.const 2) (local.get $i)))
    (call $tree.free (call $recv (local.get $e) (i32.const 16)))
    (call $printed (local.get $e) (i32.load (i32.const 16)))
    (drop (call $idle (i32.const 0) (local.get $e)))
    (local.set $i (call $busy (i32.const 2) (ref.null extern)))
    (call $recv.printed (local.get $i) (i32.const 32)) (call $imp.abandon (local.get $i))
    (call $exp.abandon (call $idle (i32.const 0) (ref.null extern)))
    (i32.load (i32.const 32)))
  ;; a message that nobody has looked at may wait for it
  (func (export "end_with_message_in_a_slot") (result i32) (local $e externref) (local $i externref)
    (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (drop (call $idle (i32.const 1) (local.get $e)))
    (call $print (local.get $i) (i32.const 6) (call $frozen (i64.const 1)))
    (call $imp.abandon (local.get $i))
    (local.set $e (call $idle (i32.const 1) (ref.null extern)))
    (call $tree.free (call $recv (local.get $e) (i32.const 16))) (call $exp.abandon (local.get $e))
    (i32.load (i32.const 16)))
  (func (export "last_slot") (result i32) (drop (call $swap (i32.const 7) (call $one (i32.const 1)))) (call $eat (i32.const 7)))

  (func $out_of_range (export "out_of_range") (result i32) (drop (call $swap (i32.const 8) (call $one (i32.const 1)))) (i32.const 0))
  (func $out_of_range_null (export "out_of_range_null") (result i32) (drop (call $swap (i32.const -1) (ref.null extern))) (i32.const 0))
  (func $out_of_range_frozen (export "out_of_range_frozen") (result i32) (drop (call $tree.swap (i32.const 4) (ref.null extern))) (i32.const 0))
  (func $out_of_range_end (export "out_of_range_end") (result i32) (drop (call $idle (i32.const 3) (ref.null extern))) (i32.const 0))
  (func $used_after_store (export "used_after_store") (result i32) (local $t externref)
    (local.set $t (call $one (i32.const 1))) (drop (call $swap (i32.const 0) (local.get $t))) (drop (call $get (local.get $t) (i32.const 0))) (i32.const 0))
  (func $freed_after_store (export "freed_after_store") (result i32) (local $t externref)
    (local.set $t (call $one (i32.const 1))) (drop (call $swap (i32.const 0) (local.get $t))) (call $free (local.get $t)) (i32.const 0))
  (func $stored_twice (export "stored_twice") (result i32) (local $t externref)
    (local.set $t (call $one (i32.const 1))) (drop (call $swap (i32.const 0) (local.get $t))) (drop (call $swap (i32.const 1) (local.get $t))) (i32.const 0))
  (func $old_name_after_swap (export "old_name_after_swap") (result i32) (local $t externref)
    (local.set $t (call $one (i32.const 1))) (drop (call $swap (i32.const 0) (local.get $t))) (drop (call $swap (i32.const 0) (ref.null extern)))
    (drop (call $get (local.get $t) (i32.const 0))) (i32.const 0))
  (func $store_freed (export "store_freed") (result i32) (local $t externref)
    (local.set $t (call $one (i32.const 1))) (call $free (local.get $t)) (drop (call $swap (i32.const 0) (local.get $t))) (i32.const 0))
  (func $store_wrong_type (export "store_wrong_type") (result i32) (drop (call $swap (i32.const 0) (call $tree))) (i32.const 0))
  (func $store_frozen_in_plain (export "store_frozen_in_plain") (result i32) (drop (call $swap (i32.const 0) (call $freeze (call $one (i32.const 1))))) (i32.const 0))
  (func $store_plain_in_frozen (export "store_plain_in_frozen") (result i32) (drop (call $tree.swap (i32.const 0) (call $tree))) (i32.const 0))
  (func $store_incomplete (export "store_incomplete") (result i32) (drop (call $frame.swap (i32.const 0) (call $frame (i32.const 1)))) (i32.const 0))
  (func $store_end_in_wrong_state (export "store_end_in_wrong_state") (result i32) (local $e externref)
    (local.set $e (call $paper)) (call $print (call $peer (local.get $e)) (i32.const 1) (call $frozen (i64.const 1)))
    (call $tree.free (call $recv (local.get $e) (i32.const 16))) (drop (call $idle (i32.const 0) (local.get $e))) (i32.const 0))
  (func $store_end_of_wrong_role (export "store_end_of_wrong_role") (result i32) (drop (call $busy (i32.const 0) (call $paper))) (i32.const 0))
  (func $store_looked_at (export "store_looked_at") (result i32) (local $e externref)
    (local.set $e (call $paper)) (call $print (call $peer (local.get $e)) (i32.const 1) (call $frozen (i64.const 1)))
    (drop (call $next (local.get $e))) (drop (call $idle (i32.const 0) (local.get $e))) (i32.const 0))
  (func $store_block_as_end (export "store_block_as_end") (result i32) (drop (call $idle (i32.const 0) (call $one (i32.const 1)))) (i32.const 0))
  (func $old_lost (export "old_lost") (result i32) (call $keep (i32.const 0) (call $one (i32.const 1))) (drop (call $swap (i32.const 0) (call $one (i32.const 2)))) (i32.const 0))
  (func $stored_and_trapped (export "stored_and_trapped") (result i32) (call $keep (i32.const 0) (call $one (i32.const 1))) (unreachable) (i32.const 0))
)
