;; A flag says in two arms that there is a block; in a third, which has seen the peer close, that there is none
;; expect: OK
;; contract: block A { x: i32; }
;; contract: contract Job {
;; contract:   in message Do(); out message Done(A a); out message Failed();
;; contract:   state Idle: one { Do? -> Work; end; }
;; contract:   state Work: one { Done! -> Idle; Failed! -> Idle; }
;; contract: }
(module
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/Job" "channel" (func $channel (result externref)))
  (import "singula/Job" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Job" "imp.send.Do" (func $do (param externref)))
  (import "singula/Job" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/Job" "imp.recv.Done" (func $done (param externref) (result externref)))
  (import "singula/Job" "imp.recv.Failed" (func $failed (param externref)))
  (import "singula/Job" "imp.abandon" (func $leave (param externref)))
  (import "singula/Job" "exp.recv.Do" (func $asked (param externref)))
  (import "singula/Job" "exp.send.Done" (func $answer (param externref externref)))
  (import "singula/Job" "exp.send.Failed" (func $refuse (param externref)))
  (import "singula/Job" "exp.abandon" (func $gone (param externref)))
  (func $ask (param $ep externref) (local $a externref) (local $got i32)
    (block $end
      (block $why
        (block $there
          (br_table $there $why $end (i32.sub (call $next (local.get $ep)) (i32.const 1))))
        (local.set $a (call $done (local.get $ep)))
        (local.set $got (i32.const 1))
        (br $end))
      (call $failed (local.get $ep))
      (br_if $end (call $choose))
      (local.set $a (call $new))
      (local.set $got (i32.const 1)))
    (if (local.get $got) (then (call $free (local.get $a))))
    (call $leave (local.get $ep)))
  (func (export "main") (local $exp externref) (local $imp externref)
    (if (ref.is_null (local.tee $exp (call $channel))) (then (unreachable)))
    (if (ref.is_null (local.tee $imp (call $peer (local.get $exp)))) (then (unreachable)))
    (call $do (local.get $imp))
    (call $asked (local.get $exp))
    (if (call $choose)
      (then (if (call $choose)
        (then (call $answer (local.get $exp) (call $new)))
        (else (call $refuse (local.get $exp))))))
    (call $gone (local.get $exp))
    (call $ask (local.get $imp))))
