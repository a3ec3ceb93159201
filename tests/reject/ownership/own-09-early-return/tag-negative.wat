;; `Less than zero` is the peer's end or no message: the door is forgotten in that case
;; expect: OWN_LEAK func=8 offset=0x13c
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
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (import "singula/Bell" "exp.next" (func $Bell.exp.next (param externref) (result i32)))
  (import "singula/Bell" "exp.recv.Ring" (func $Bell.exp.recv.Ring (param externref)))
  (import "singula/Bell" "exp.recv.Knock" (func $Bell.exp.recv.Knock (param externref)))
  (import "singula/Bell" "exp.close" (func $Bell.exp.close (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (call $Bell.imp.close (local.get $c))
    (local.set $t (call $Bell.exp.next (local.get $s)))
    (if (i32.lt_s (local.get $t) (i32.const 0)) (then (return))) ;; <- refused here
    (if (i32.eqz (local.get $t))
      (then (call $Bell.exp.recv.Ring (local.get $s)))
      (else (call $Bell.exp.recv.Knock (local.get $s))))
    (call $Bell.exp.close (local.get $s)))
)
