;; A line that was kept in a slot is dropped when another takes its place
;; expect: OWN_LEAK func=5 offset=0xff
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
;; contract: slots imp Mail:Ready[4];
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "slot.imp.Ready.swap" (func $Mail.slot.imp.Ready.swap (param i32 externref) (result externref)))
  (import "singula/Mail" "imp.close" (func $Mail.imp.close (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $old externref)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $old (call $Mail.slot.imp.Ready.swap (i32.const 0) (local.get $e)))
    (if (i32.eqz (ref.is_null (local.get $old))) (then (call $Mail.imp.close (local.get $old))))
    (local.set $old (call $Mail.slot.imp.Ready.swap (i32.const 0) (ref.null extern)))
    (if (i32.eqz (ref.is_null (local.get $old))) (then (nop) )) ;; <- refused here
    (call $Mail.exp.abandon (local.get $x)))
)
