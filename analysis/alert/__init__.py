"""From measures to chat: rules judge, the lifecycle remembers, the outbox delivers; ``analysis.alert.passes`` joins."""
