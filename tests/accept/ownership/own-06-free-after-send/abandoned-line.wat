;; As the refused case of this name, but the other end is abandoned only
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
;; contract: contract Desk {
;; contract:     in message Enter(i32 seat, imp Mail:Ready line);
;; contract:     state Open: one { Enter? -> end; end; }
;; contract: }
(module
  (import "singula/Desk" "channel" (func $Desk.channel (result externref)))
  (import "singula/Desk" "exp.peer" (func $Desk.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Desk" "imp.send.Enter" (func $Desk.imp.send.Enter (param externref i32 externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "singula/Desk" "imp.abandon" (func $Desk.imp.abandon (param externref)))
  (import "singula/Desk" "exp.abandon" (func $Desk.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $d externref) (local $dx externref) (local $e externref) (local $x externref)
    (local.set $dx (call $Desk.channel))
    (if (ref.is_null (local.get $dx)) (then (unreachable)))
    (local.set $d (call $Desk.exp.peer (local.get $dx)))
    (if (ref.is_null (local.get $d)) (then (unreachable)))
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Desk.imp.send.Enter (local.get $d) (i32.const 0) (local.get $e))
    (call $Mail.exp.abandon (local.get $x))
    (call $Desk.imp.abandon (local.get $d))
    (call $Desk.exp.abandon (local.get $dx)))
)
