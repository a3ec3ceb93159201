;; Sets: whoever is ready first.
;; expect empty_set_gives_null: returns 1
;; expect nobody_ready: returns 1
;; expect times_out: returns 1
;; expect negative_time: returns 1
;; expect message_makes_ready: returns 7
;; expect message_before_add: returns 7
;; expect closed_makes_ready: returns 9
;; expect closed_before_add: returns 9
;; expect in_the_order_of_messages: returns 213
;; expect key_is_64_bits: returns -1234567890123456789
;; expect many: returns 10100
;; expect back_again: returns 20
;; expect several_messages_once: returns 1
;; expect frees_members: returns -1
;; expect set_of_clients: returns 31
;; expect wakes_the_waiter: returns 1005
;; expect partner_dies_while_waited_for: returns 8
;; expect ends_with_the_sip: trap UNREACHABLE
;; expect waits_for_ever: stuck
;; expect lost_set: trap MON_LEAK set of Paper.exp in Idle is still owned
;; expect used_after_add: trap MON_DEAD Paper exp.next: Paper.exp was added to a set by this SIP
;; expect added_twice: trap MON_DEAD Paper set.exp.Idle.add: Paper.exp was added to a set by this SIP
;; expect old_name_after_wait: trap MON_DEAD Paper exp.next: Paper.exp was added to a set by this SIP
;; expect add_null: trap MON_NULL Paper set.exp.Idle.add: Paper.exp in state Idle expected, found null
;; expect add_to_null: trap MON_NULL Paper set.exp.Idle.add: set of Paper.exp in Idle expected, found null
;; expect add_in_wrong_state: trap MON_STATE Paper set.imp.Busy.add: Paper.imp is in state Idle; to be given away here it must be in state Busy
;; expect add_wrong_role: trap MON_ROLE Paper set.exp.Idle.add: Paper.exp in state Idle expected, found Paper.imp
;; expect add_looked_at: trap MON_STATE Paper set.exp.Idle.add: Paper.exp has message Print to be received before it can be given away
;; expect add_set_to_itself: trap MON_TYPE Paper set.exp.Idle.add: Paper.exp in state Idle expected, found set of Paper.exp in Idle
;; expect wait_wrong_set: trap MON_ROLE Paper set.imp.Busy.wait: set of Paper.imp in Busy expected, found set of Paper.exp in Idle
;; expect wait_for_endpoint: trap MON_TYPE Paper set.exp.Idle.wait: set of Paper.exp in Idle expected, found Paper.exp
;; expect wait_bad_pointer: trap BAD_POINTER Paper set.exp.Idle.wait was given 8 bytes at 0xfff9
;; expect wait_freed: trap MON_DEAD Paper set.exp.Idle.wait: set of Paper.exp in Idle was already freed by this SIP
;; expect free_twice: trap MON_DEAD Paper set.exp.Idle.free: set of Paper.exp in Idle was already freed by this SIP
;; expect close_a_set: trap MON_TYPE Paper exp.abandon: Paper.exp expected, found set of Paper.exp in Idle
(module
  (import "singula/Tree" "new" (func $tree (result externref)))
  (import "singula/Tree" "free" (func $tree.free (param externref)))
  (import "singula/Tree" "freeze" (func $tree.freeze (param externref) (result externref)))
  (import "singula/Paper" "channel" (func $paper (result externref)))
  (import "singula/Paper" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Paper" "exp.listen" (func $listen (param i32 i32) (result externref)))
  (import "singula/Paper" "listener.accept" (func $accept (param externref) (result externref)))
  (import "singula/Paper" "listener.close" (func $unlisten (param externref)))
  (import "singula/Paper" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/Paper" "imp.send.Print" (func $print (param externref i32 externref)))
  (import "singula/Paper" "exp.recv.Print" (func $recv (param externref i32) (result externref)))
  (import "singula/Paper" "exp.send.Printed" (func $printed (param externref i32)))
  (import "singula/Paper" "imp.recv.Printed" (func $recv.printed (param externref i32)))
  (import "singula/Paper" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/Paper" "imp.next" (func $imp.next (param externref) (result i32)))
  (import "singula/Paper" "exp.abandon" (func $exp.abandon (param externref)))
  (import "singula/Paper" "exp.close" (func $exp.close (param externref)))
  (import "singula/Paper" "imp.abandon" (func $imp.abandon (param externref)))
  (import "singula/Paper" "set.exp.Idle.new" (func $new (result externref)))
  (import "singula/Paper" "set.exp.Idle.add" (func $add (param externref externref i64)))
  (import "singula/Paper" "set.exp.Idle.wait" (func $wait (param externref i64 i32) (result externref)))
  (import "singula/Paper" "set.exp.Idle.free" (func $free (param externref)))
  (import "singula/Paper" "set.imp.Busy.new" (func $busy.new (result externref)))
  (import "singula/Paper" "set.imp.Busy.add" (func $busy.add (param externref externref i64)))
  (import "singula/Paper" "set.imp.Busy.wait" (func $busy.wait (param externref i64 i32) (result externref)))
  (import "singula/Paper" "set.imp.Busy.free" (func $busy.free (param externref)))
  (memory 1 1)
  (data (i32.const 100) "cam")
  (func $page (result externref) (call $tree.freeze (call $tree)))
  (func $ask (param $i externref) (param $n i32) (call $print (local.get $i) (local.get $n) (call $page)))
  ;; receives what is there: the number of copies
  (func $copies (param $e externref) (result i32)
    (call $tree.free (call $recv (local.get $e) (i32.const 16))) (i32.load (i32.const 16)))
  ;; the first ready one is not kept: its key
  (func $first (param $s externref) (result i32) (local $e externref)
    (local.set $e (call $wait (local.get $s) (i64.const 1000000000000) (i32.const 8)))
    (if (ref.is_null (local.get $e)) (then (return (i32.const -1))))
    (call $exp.abandon (local.get $e)) (i32.load (i32.const 8)))

  (func (export "empty_set_gives_null") (result i32) (local $s externref)
    (local.set $s (call $new)) (ref.is_null (call $wait (local.get $s) (i64.const 0x7fffffffffffffff) (i32.const 8))) (call $free (local.get $s)))
  (func (export "nobody_ready") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (ref.is_null (call $wait (local.get $s) (i64.const 0) (i32.const 8)))
    (call $imp.abandon (local.get $i)) (call $free (local.get $s)))
  (func (export "times_out") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (ref.is_null (call $wait (local.get $s) (i64.const 2000000) (i32.const 8)))
    (call $imp.abandon (local.get $i)) (call $free (local.get $s)))
  (func (export "negative_time") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (ref.is_null (call $wait (local.get $s) (i64.const -1) (i32.const 8)))
    (call $free (local.get $s)) (call $imp.abandon (local.get $i)))
  (func (export "message_makes_ready") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 7))
    (call $ask (local.get $i) (i32.const 1))
    (call $first (local.get $s)) (call $imp.abandon (local.get $i)) (call $free (local.get $s)))
  (func (export "message_before_add") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $ask (local.get $i) (i32.const 1))
    (call $add (local.get $s) (local.get $e) (i64.const 7))
    (call $first (local.get $s)) (call $imp.abandon (local.get $i)) (call $free (local.get $s)))
  (func (export "closed_makes_ready") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 9))
    (call $imp.abandon (local.get $i))
    (local.set $e (call $wait (local.get $s) (i64.const 1000) (i32.const 8)))
    (if (i32.ne (call $next (local.get $e)) (i32.const -1)) (then (return (i32.const -1))))
    (call $exp.close (local.get $e)) (call $free (local.get $s)) (i32.load (i32.const 8)))
  (func (export "closed_before_add") (result i32) (local $s externref) (local $e externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (call $imp.abandon (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 9))
    (call $first (local.get $s)) (call $free (local.get $s)))
  ;; 1, 2 and 3 are added; 2, 1, 3 speak
  (func (export "in_the_order_of_messages") (result i32)
    (local $s externref) (local $a externref) (local $b externref) (local $c externref)
    (local $x externref) (local $y externref) (local $z externref) (local $n i32)
    (local.set $s (call $new))
    (local.set $a (call $paper)) (local.set $b (call $paper)) (local.set $c (call $paper))
    (local.set $x (call $peer (local.get $a))) (local.set $y (call $peer (local.get $b))) (local.set $z (call $peer (local.get $c)))
    (call $add (local.get $s) (local.get $a) (i64.const 1))
    (call $add (local.get $s) (local.get $b) (i64.const 2))
    (call $add (local.get $s) (local.get $c) (i64.const 3))
    (call $ask (local.get $y) (i32.const 1)) (call $imp.abandon (local.get $x)) (call $ask (local.get $z) (i32.const 1))
    (local.set $n (i32.mul (call $first (local.get $s)) (i32.const 100)))
    (local.set $n (i32.add (local.get $n) (i32.mul (call $first (local.get $s)) (i32.const 10))))
    (local.set $n (i32.add (local.get $n) (call $first (local.get $s))))
    (call $free (local.get $s)) (call $imp.abandon (local.get $y)) (call $imp.abandon (local.get $z)) (local.get $n))
  (func (export "key_is_64_bits") (result i64) (local $s externref) (local $e externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (call $imp.abandon (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const -1234567890123456789))
    (call $exp.abandon (call $wait (local.get $s) (i64.const 0) (i32.const 8))) (call $free (local.get $s)) (i64.load (i32.const 8)))
  ;; a hundred ends whose peers have closed: sum of the keys 1..100, doubled
  (func (export "many") (result i32) (local $s externref) (local $e externref) (local $n i32) (local $sum i32)
    (local.set $s (call $new))
    (loop $l
      (local.set $e (call $paper)) (call $imp.abandon (call $peer (local.get $e)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (call $add (local.get $s) (local.get $e) (i64.extend_i32_u (local.get $n)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 100))))
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.mul (i32.const 2) (call $first (local.get $s)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $free (local.get $s)) (local.get $sum))
  ;; ten requests and answers by way of the set
  (func (export "back_again") (result i32) (local $s externref) (local $e externref) (local $i externref) (local $n i32) (local $sum i32)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (loop $l
      (call $ask (local.get $i) (i32.const 2))
      (local.set $e (call $wait (local.get $s) (i64.const 1000) (i32.const 8)))
      (call $printed (local.get $e) (call $copies (local.get $e)))
      (call $add (local.get $s) (local.get $e) (i64.const 1))
      (call $recv.printed (local.get $i) (i32.const 32))
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 32))))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10))))
    (call $imp.abandon (local.get $i)) (call $free (local.get $s)) (local.get $sum))
  ;; a message and then a closed peer: ready once, and again after it comes back
  (func (export "several_messages_once") (result i32) (local $s externref) (local $e externref) (local $i externref) (local $n i32)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (call $ask (local.get $i) (i32.const 2)) (call $imp.abandon (local.get $i))
    (local.set $e (call $wait (local.get $s) (i64.const 0) (i32.const 8)))
    (local.set $n (ref.is_null (call $wait (local.get $s) (i64.const 0) (i32.const 8))))
    (call $printed (local.get $e) (call $copies (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (if (i32.ne (call $first (local.get $s)) (i32.const 1)) (then (return (i32.const -1))))
    (call $free (local.get $s)) (local.get $n))
  (func (export "frees_members") (result i32) (local $s externref) (local $e externref) (local $i externref) (local $n i32)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $ask (local.get $i) (i32.const 2))
    (call $add (local.get $s) (local.get $e) (i64.const 1)) (call $free (local.get $s))
    (local.set $n (call $imp.next (local.get $i))) (call $imp.abandon (local.get $i)) (local.get $n))
  (func (export "set_of_clients") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $busy.new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $ask (local.get $i) (i32.const 31))
    (call $busy.add (local.get $s) (local.get $i) (i64.const 5))
    (call $printed (local.get $e) (call $copies (local.get $e)))
    (local.set $i (call $busy.wait (local.get $s) (i64.const 0) (i32.const 8)))
    (call $recv.printed (local.get $i) (i32.const 32)) (call $imp.abandon (local.get $i)) (call $exp.abandon (local.get $e))
    (call $busy.free (local.get $s)) (i32.load (i32.const 32)))

  ;; the partner serves a client from its set for as long as that comes
  (func $served (param $limit i32) (local $s externref) (local $l externref) (local $e externref) (local $n i32)
    (local.set $l (call $listen (i32.const 100) (i32.const 3)))
    (local.set $s (call $new))
    (call $add (local.get $s) (call $accept (local.get $l)) (i64.const 1))
    (block $end (loop $loop
      (local.set $e (call $wait (local.get $s) (i64.const 0x7fffffffffffffff) (i32.const 8)))
      (br_if $end (ref.is_null (local.get $e)))
      (if (i32.eq (call $next (local.get $e)) (i32.const -1))
        (then (call $exp.close (local.get $e)))
        (else (call $printed (local.get $e) (i32.add (call $copies (local.get $e)) (i32.const 1)))
              (if (i32.eq (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $limit)) (then (unreachable)))
              (call $add (local.get $s) (local.get $e) (i64.const 1))))
      (br $loop)))
    (call $free (local.get $s)) (call $unlisten (local.get $l)))
  (func $client (param $rounds i32) (result i32) (local $i externref) (local $n i32) (local $sum i32)
    (local.set $i (call $connect (i32.const 100) (i32.const 3)))
    (local.set $sum (i32.const 5))
    (block $end (loop $l
      (call $ask (local.get $i) (i32.const 0))
      (br_if $end (i32.eq (call $imp.next (local.get $i)) (i32.const -1)))
      (call $recv.printed (local.get $i) (i32.const 32))
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 32))))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $rounds)))))
    (call $imp.abandon (local.get $i)) (local.get $sum))
  (func (export "wakes_the_waiter.partner") (call $served (i32.const 0)))
  (func (export "wakes_the_waiter") (result i32) (call $client (i32.const 1000)))
  ;; the client waits in a set for a partner that dies
  (func (export "partner_dies_while_waited_for.partner") (call $served (i32.const 3)))
  (func (export "partner_dies_while_waited_for") (result i32) (call $client (i32.const 1000)))
  (func $ends_with_the_sip (export "ends_with_the_sip") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $ask (local.get $i) (i32.const 2))
    (call $add (local.get $s) (local.get $e) (i64.const 1)) (call $add (local.get $s) (call $paper) (i64.const 2)) (unreachable) (i32.const 0))
  (func $waits_for_ever (export "waits_for_ever") (result i32) (local $s externref) (local $e externref) (local $i externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (drop (call $wait (local.get $s) (i64.const 0x7fffffffffffffff) (i32.const 8))) (i32.const 0))

  (func $lost_set (export "lost_set") (result i32) (drop (call $new)) (i32.const 0))
  (func $used_after_add (export "used_after_add") (result i32) (local $s externref) (local $e externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (call $add (local.get $s) (local.get $e) (i64.const 1)) (drop (call $next (local.get $e))) (i32.const 0))
  (func $added_twice (export "added_twice") (result i32) (local $s externref) (local $e externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (call $add (local.get $s) (local.get $e) (i64.const 1))
    (call $add (local.get $s) (local.get $e) (i64.const 1)) (i32.const 0))
  (func $old_name_after_wait (export "old_name_after_wait") (result i32) (local $s externref) (local $e externref)
    (local.set $s (call $new)) (local.set $e (call $paper)) (call $imp.abandon (call $peer (local.get $e)))
    (call $add (local.get $s) (local.get $e) (i64.const 1))
    (drop (call $wait (local.get $s) (i64.const 0) (i32.const 8))) (drop (call $next (local.get $e))) (i32.const 0))
  (func $add_null (export "add_null") (result i32) (call $add (call $new) (ref.null extern) (i64.const 1)) (i32.const 0))
  (func $add_to_null (export "add_to_null") (result i32) (call $add (ref.null extern) (call $paper) (i64.const 1)) (i32.const 0))
  (func $add_in_wrong_state (export "add_in_wrong_state") (result i32) (call $busy.add (call $busy.new) (call $peer (call $paper)) (i64.const 1)) (i32.const 0))
  (func $add_wrong_role (export "add_wrong_role") (result i32) (call $add (call $new) (call $peer (call $paper)) (i64.const 1)) (i32.const 0))
  (func $add_looked_at (export "add_looked_at") (result i32) (local $e externref)
    (local.set $e (call $paper)) (call $ask (call $peer (local.get $e)) (i32.const 1)) (drop (call $next (local.get $e)))
    (call $add (call $new) (local.get $e) (i64.const 1)) (i32.const 0))
  (func $add_set_to_itself (export "add_set_to_itself") (result i32) (local $s externref)
    (local.set $s (call $new)) (call $add (local.get $s) (local.get $s) (i64.const 1)) (i32.const 0))
  (func $wait_wrong_set (export "wait_wrong_set") (result i32) (drop (call $busy.wait (call $new) (i64.const 0) (i32.const 8))) (i32.const 0))
  (func $wait_for_endpoint (export "wait_for_endpoint") (result i32) (drop (call $wait (call $paper) (i64.const 0) (i32.const 8))) (i32.const 0))
  (func $wait_bad_pointer (export "wait_bad_pointer") (result i32) (drop (call $wait (call $new) (i64.const 0) (i32.const 0xfff9))) (i32.const 0))
  (func $wait_freed (export "wait_freed") (result i32) (local $s externref)
    (local.set $s (call $new)) (call $free (local.get $s)) (drop (call $wait (local.get $s) (i64.const 0) (i32.const 8))) (i32.const 0))
  (func $free_twice (export "free_twice") (result i32) (local $s externref)
    (local.set $s (call $new)) (call $free (local.get $s)) (call $free (local.get $s)) (i32.const 0))
  (func $close_a_set (export "close_a_set") (result i32) (call $exp.abandon (call $new)) (i32.const 0))
)
