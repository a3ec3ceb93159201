;; A new channel is used untested
;; expect: OWN_MAYBE_NULL func=2 offset=0x6b
;; monitor: MON_NULL
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Bell.channel))
    (call $Bell.exp.abandon (local.get $s))) ;; <- refused here
)
