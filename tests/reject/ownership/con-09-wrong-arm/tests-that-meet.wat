;; Two tests of a tag leave different cases, and the one of the second path is forgotten
;; expect: OWN_LEAK func=10 offset=0x197
;; monitor: MON_LEAK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.send.Ring" (func $Bell.imp.send.Ring (param externref)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (import "singula/Bell" "exp.next" (func $Bell.exp.next (param externref) (result i32)))
  (import "singula/Bell" "exp.close" (func $Bell.exp.close (param externref)))
  (import "singula/Bell" "exp.recv.Ring" (func $Bell.exp.recv.Ring (param externref)))
  (import "singula/Bell" "exp.recv.Knock" (func $Bell.exp.recv.Knock (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (if (call $choose) (then (call $Bell.imp.send.Ring (local.get $c))))
    (call $Bell.imp.close (local.get $c))
    (local.set $t (call $Bell.exp.next (local.get $s)))
    (block $meet
      (if (call $choose)
        (then
          (br_if $meet (i32.ne (local.get $t) (i32.const -1)))
          (call $Bell.exp.close (local.get $s))
          (return)))
      (br_if $meet (i32.ne (local.get $t) (i32.const 0)))
      (call $Bell.exp.recv.Ring (local.get $s))
      (call $Bell.exp.close (local.get $s))
      (return))
    (if (i32.eq (local.get $t) (i32.const -1)) (then (return))) ;; <- refused here
    (if (i32.eq (local.get $t) (i32.const 0))
      (then (call $Bell.exp.recv.Ring (local.get $s)))
      (else (call $Bell.exp.recv.Knock (local.get $s))))
    (call $Bell.exp.close (local.get $s)))
)
