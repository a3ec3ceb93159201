;; A client is accepted from an end
;; expect: TYP_MISMATCH func=3 offset=0x9a
;; monitor: MON_TYPE
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "listener.accept" (func $Bell.listener.accept (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "bell")
  (func (export "main") (local $l externref) (local $s externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $l (local.get $s))
    (local.set $s (call $Bell.listener.accept (local.get $l))) ;; <- refused here
    (if (i32.eqz (ref.is_null (local.get $s))) (then (call $Bell.exp.abandon (local.get $s))))
    (call $Bell.exp.abandon (local.get $l)))
)
