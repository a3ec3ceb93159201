;; Children and endpoints in fields: put, take, and the rules for what may be put.
;; expect put_and_take: leaves 1
;; expect put_ends_the_old: returns 1
;; expect take_empty: leaves 1
;; expect chain: returns 60000
;; expect endpoint_in_field: leaves 7
;; expect put_null: trap MON_NULL Tree left.put: Tree expected, found null
;; expect put_into_null: trap MON_NULL Tree left.put: Tree expected, found null
;; expect put_into_itself: trap MON_SELF Tree left.put: Tree is given to itself
;; expect put_wrong_type: trap MON_TYPE Frame title.put: Text expected, found Tree
;; expect put_twice: trap MON_DEAD Tree right.put: Tree was put into a field by this SIP; take it out to use it
;; expect use_after_put: trap MON_DEAD Tree key.get: Tree was put into a field by this SIP; take it out to use it
;; expect put_empty_required: trap MON_FIELD_EMPTY Box frame.put: field title of Frame is empty
;; expect put_wrong_state: trap MON_STATE Ticket reply.put: Camera.exp is in state Start; to be given away here it must be in state Opening
;; expect put_wrong_role: trap MON_ROLE Ticket reply.put: Camera.exp in state Opening expected, found Camera.imp
;; expect put_block_for_endpoint: trap MON_TYPE Ticket reply.put: Camera.exp in state Opening expected, found Tree
;; expect take_from_null: trap MON_NULL Tree left.take: Tree expected, found null
;; expect take_from_dead: trap MON_DEAD Tree left.take: Tree was already freed by this SIP
;; expect free_parent_use_child: trap MON_DEAD Tree key.get: Tree was already freed by this SIP
;; expect put_foreign: trap MON_NOT_OWNER Frame title.put: Text does not belong to this SIP
(module
  (import "singula/Tree" "new" (func $new (result externref)))
  (import "singula/Tree" "free" (func $free (param externref)))
  (import "singula/Tree" "key.get" (func $key (param externref) (result i64)))
  (import "singula/Tree" "key.set" (func $key.set (param externref i64)))
  (import "singula/Tree" "left.put" (func $left.put (param externref externref)))
  (import "singula/Tree" "left.take" (func $left.take (param externref) (result externref)))
  (import "singula/Tree" "right.put" (func $right.put (param externref externref)))
  (import "singula/Tree" "right.take" (func $right.take (param externref) (result externref)))
  (import "singula/Frame" "new" (func $frame (param i32) (result externref)))
  (import "singula/Frame" "title.put" (func $title.put (param externref externref)))
  (import "singula/Box" "new" (func $box (result externref)))
  (import "singula/Box" "frame.put" (func $frame.put (param externref externref)))
  (import "singula/Ticket" "new" (func $ticket (result externref)))
  (import "singula/Ticket" "reply.put" (func $reply.put (param externref externref)))
  (import "singula/Ticket" "reply.take" (func $reply.take (param externref) (result externref)))
  (import "singula/Camera" "channel" (func $channel (result externref)))
  (import "singula/Camera" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Camera" "imp.send.Open" (func $open (param externref i32 i32)))
  (import "singula/Camera" "exp.recv.Open" (func $recv.open (param externref i32)))
  (import "singula/Camera" "exp.send.Refused" (func $refused (param externref i32)))
  (import "singula/Camera" "imp.recv.Refused" (func $recv.refused (param externref i32)))
  (import "test" "other" (func $other (result externref)))
  (import "test" "leave" (func $leave (param i64)))
  (memory 1)
  (func $put_and_take (result i32) (local $a externref) (local $b externref)
    (local.set $a (call $new)) (local.set $b (call $new))
    (call $key.set (local.get $b) (i64.const 9))
    (call $left.put (local.get $a) (local.get $b))
    (local.set $b (call $left.take (local.get $a)))
    (i32.and (i64.eq (call $key (local.get $b)) (i64.const 9)) (ref.is_null (call $left.take (local.get $a)))))
  (func (export "put_ends_the_old") (result i32) (local $a externref)
    (local.set $a (call $new))
    (call $left.put (local.get $a) (call $new))
    (call $left.put (local.get $a) (call $new))
    (call $free (local.get $a)) (i32.const 1))
  (func $take_empty (result i32) (ref.is_null (call $right.take (call $new))))
  ;; a list that is freed at once
  (func (export "chain") (result i32) (local $a externref) (local $b externref) (local $n i32)
    (local.set $a (call $new))
    (loop $l
      (local.set $b (call $new))
      (call $right.put (local.get $b) (local.get $a))
      (local.set $a (local.get $b))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 60000))))
    (call $free (local.get $a)) (local.get $n))
  (func $opened (result externref) (local $e externref) ;; an exp end in Opening; its peer is forgotten
    (local.set $e (call $channel))
    (call $open (call $peer (local.get $e)) (i32.const 1) (i32.const 1))
    (call $recv.open (local.get $e) (i32.const 0)) (local.get $e))
  (func $endpoint_in_field (result i32) (local $e externref) (local $c externref) (local $t externref)
    (local.set $e (call $channel)) (local.set $c (call $peer (local.get $e)))
    (call $open (local.get $c) (i32.const 1) (i32.const 1)) (call $recv.open (local.get $e) (i32.const 0))
    (local.set $t (call $ticket))
    (call $reply.put (local.get $t) (local.get $e))
    (call $refused (call $reply.take (local.get $t)) (i32.const 7))
    (call $recv.refused (local.get $c) (i32.const 64))
    (i32.load (i32.const 64)))
  (func $put_null (export "put_null") (result i32) (call $left.put (call $new) (ref.null extern)) (i32.const 0))
  (func $put_into_null (export "put_into_null") (result i32) (call $left.put (ref.null extern) (call $new)) (i32.const 0))
  (func $put_into_itself (export "put_into_itself") (result i32) (local $a externref)
    (local.set $a (call $new)) (call $left.put (local.get $a) (local.get $a)) (i32.const 0))
  (func $put_wrong_type (export "put_wrong_type") (result i32) (call $title.put (call $frame (i32.const 1)) (call $new)) (i32.const 0))
  (func $put_twice (export "put_twice") (result i32) (local $a externref) (local $b externref)
    (local.set $a (call $new)) (local.set $b (call $new))
    (call $left.put (local.get $a) (local.get $b)) (call $right.put (local.get $a) (local.get $b)) (i32.const 0))
  (func $use_after_put (export "use_after_put") (result i32) (local $b externref)
    (local.set $b (call $new)) (call $left.put (call $new) (local.get $b)) (i32.wrap_i64 (call $key (local.get $b))))
  (func $put_empty_required (export "put_empty_required") (result i32) (call $frame.put (call $box) (call $frame (i32.const 1))) (i32.const 0))
  (func $put_wrong_state (export "put_wrong_state") (result i32) (call $reply.put (call $ticket) (call $channel)) (i32.const 0))
  (func $put_wrong_role (export "put_wrong_role") (result i32) (call $reply.put (call $ticket) (call $peer (call $channel))) (i32.const 0))
  (func $put_block_for_endpoint (export "put_block_for_endpoint") (result i32) (call $reply.put (call $ticket) (call $new)) (i32.const 0))
  (func $take_from_null (export "take_from_null") (result i32) (drop (call $left.take (ref.null extern))) (i32.const 0))
  (func $take_from_dead (export "take_from_dead") (result i32) (local $a externref)
    (local.set $a (call $new)) (call $free (local.get $a)) (drop (call $left.take (local.get $a))) (i32.const 0))
  (func $free_parent_use_child (export "free_parent_use_child") (result i32) (local $a externref) (local $b externref)
    (local.set $a (call $new)) (call $left.put (local.get $a) (call $new)) (local.set $b (call $left.take (local.get $a)))
    (call $free (local.get $b)) (call $free (local.get $a)) (i32.wrap_i64 (call $key (local.get $b))))
  (func $put_foreign (export "put_foreign") (result i32) (call $title.put (call $frame (i32.const 1)) (call $other)) (i32.const 0))
  ;; these end while they own something
  (func (export "put_and_take") (call $leave (i64.extend_i32_s (call $put_and_take))))
  (func (export "take_empty") (call $leave (i64.extend_i32_s (call $take_empty))))
  (func (export "endpoint_in_field") (call $leave (i64.extend_i32_s (call $endpoint_in_field)))))
