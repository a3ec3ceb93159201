;; An endpoint that may have come to its end, or whose peer was seen to close in a state in which this side sends, is asked again
;; expect: CON_CLOSED func=12 offset=0x196
;; monitor: MON_STATE
;; contract: contract P { in message Req(); in message Bye(); out message Ans();
;; contract:   state Ready: one { Req? -> Busy; Bye? -> end; end; } state Busy: Ans! -> Ready; }
(module
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/P" "channel" (func $channel (result externref)))
  (import "singula/P" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/P" "exp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "exp.poll" (func $poll (param externref) (result i32)))
  (import "singula/P" "exp.recv.Req" (func $req (param externref)))
  (import "singula/P" "exp.recv.Bye" (func $bye (param externref)))
  (import "singula/P" "exp.close" (func $close (param externref)))
  (import "singula/P" "exp.abandon" (func $abandon (param externref)))
  (import "singula/P" "imp.send.Req" (func $sreq (param externref)))
  (import "singula/P" "imp.send.Bye" (func $sbye (param externref)))
  (import "singula/P" "imp.abandon" (func $iabandon (param externref)))
  (func (export "main") (local $e externref) (local $i externref) (local $t i32)
    (local.set $e (call $channel))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $i (call $peer (local.get $e)))
    (if (ref.is_null (local.get $i)) (then (unreachable)))
    (if (call $choose) (then (call $sreq (local.get $i))) (else (call $sbye (local.get $i))))
    (call $iabandon (local.get $i))
    (block $meet
      (if (i32.eqz (call $next (local.get $e)))
        (then
          (call $req (local.get $e))
          (br_if $meet (i32.eq (call $poll (local.get $e)) (i32.const -1)))
          (call $abandon (local.get $e)) (return)))
      (call $bye (local.get $e)))
    (drop (call $next (local.get $e)))
    (call $close (local.get $e))))
