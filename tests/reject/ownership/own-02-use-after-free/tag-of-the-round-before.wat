;; The tag of the round before and the one of this round are tested; both may say that a text was posted
;; expect: OWN_USE_AFTER_FREE func=9 offset=0x164
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
  (import "singula/Mail" "imp.send.Post" (func $Mail.imp.send.Post (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Mail" "exp.poll" (func $Mail.exp.poll (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $a externref) (local $tag i32) (local $last i32)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Mail.imp.send.Post (local.get $e) (call $Text.new (i32.const 1)))
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $tag (call $Mail.exp.poll (local.get $x)))
    (loop $again
      (local.set $last (local.get $tag))
      (local.set $tag (call $Mail.exp.poll (local.get $x)))
      (if (i32.eqz (local.get $last))
        (then
          (call $Text.free (local.get $a))
          (if (i32.eqz (local.get $tag))
            (then (call $Text.free (local.get $a)))) ;; <- refused here
          (unreachable)))
      (br_if $again (call $choose)))
    (call $Text.free (local.get $a))
    (call $Mail.imp.abandon (local.get $e))
    (call $Mail.exp.abandon (local.get $x)))
)
