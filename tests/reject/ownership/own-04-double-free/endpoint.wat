;; Closed and then abandoned
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xd4
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "imp.close" (func $Mail.imp.close (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Mail.imp.close (local.get $e))
    (call $Mail.imp.abandon (local.get $e)) ;; <- refused here
    (call $Mail.exp.abandon (local.get $x)))
)
