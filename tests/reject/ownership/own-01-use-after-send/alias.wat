;; Two copies are made while the text is on its way to the send; the second one is read afterwards
;; expect: OWN_USE_AFTER_MOVE func=7 offset=0x11e
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
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Mail" "imp.send.Post" (func $Mail.imp.send.Post (param externref externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $a externref) (local $b externref) (local $n i32)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    local.get $e
    i32.const 16
    call $Text.new
    local.tee $a
    local.tee $b
    call $Mail.imp.send.Post
    local.get $b
    call $Text.bytes.len ;; <- refused here
    local.set $n
    (call $Mail.imp.abandon (local.get $e))
    (call $Mail.exp.abandon (local.get $x)))
)
